"""Live groups to desired files: new ones written, existing ones edited in place, and the result proven by a check.

Files are edited as text, at the exact spans that the YAML parser reports, and nothing else of them changes. A
round trip through a document model was measured and would not do: ruamel.yaml rewrites other indentations,
flow spacing, multi-line lists and line endings, and loses comments of neighbours when an entry is removed.
"""
