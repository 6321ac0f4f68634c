"""Names, ids and slugs that somebody might choose to break out of a report.

The API's schema bounds an external id to 255 characters and demands no character set; names, models and
messages of the server are no better. Each text is used as all of them at once.
"""

from collections.abc import Callable, Mapping

HOSTILE: Mapping[str, str] = {
    # Terminals
    "ansi-colour": "\x1b[31mred\x1b[0m",
    "ansi-clear": "\x1b[2J\x1b[H",
    "ansi-cursor-up": "ok\x1b[1A\x1b[2K",
    "osc-title": "\x1b]0;title\x07",
    "osc-link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "osc-clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "c1-csi": "\x9b2J",
    "backspace": "abc\b\b\bxyz",
    "bell": "\x07",
    "delete": "a\x7fb",
    "vertical-tab": "a\x0bb\x0cc",
    # Lines
    "newline": "first\nsecond",
    "carriage-return": "hidden\rshown",
    "crlf": "a\r\nb",
    "next-line": "a\x85b",
    "line-separator": "a\u2028b\u2029c",
    "tab": "a\tb",
    "leading-spaces": "    code",
    "trailing-spaces": "name   ",
    "only-spaces": "   ",
    # Unicode that hides or reorders
    "bidi-override": "\u202egnp.exe",
    "bidi-isolate": "\u2066a\u2069",
    "zero-width": "a\u200bb\u200dc\ufeff",
    "soft-hyphen": "a\u00adb",
    "variation-selector": "a\ufe0f",
    "combining-pile": "Z" + "\u0335\u0336\u0337" * 20,
    "homoglyph": "\u0430cme",
    "tags": "a\U000e0041\U000e0042",
    "private-use": "\ue000",
    "noncharacter": "\uffff\ufdd0",
    "lone-surrogate": "a\ud800b",
    "nul": "a\x00b",
    "replacement": "\ufffd",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "right-to-left": "\u05d0\u05d1\u05d2",
    # Workflow commands
    "workflow-error": "::error file=a,line=1::owned",
    "workflow-newline": "x\n::set-output name=a::b",
    "workflow-stop": "::stop-commands::token",
    "percent-newline": "a%0A::warning::b",
    "percent": "100%",
    "old-command": "##[error]owned",
    # HTML and XML
    "script": "<script>alert(1)</script>",
    "image-onerror": "<img src=x onerror=alert(1)>",
    "attribute-breakout": '" onmouseover="alert(1)" x=\'',
    "style-breakout": "</style><script>alert(1)</script>",
    "comment": "<!-- x --> -->",
    "cdata-end": "]]>",
    "entity": "&lt;b&gt; &amp; &#x3c;script&#x3e;",
    "billion-laughs": "<!DOCTYPE x [<!ENTITY a 'a'>]>&a;",
    "processing-instruction": "<?xml version='1.1'?>",
    "template": "{{ 7 * 7 }}{% raw %}${7*7}",
    # Markdown
    "table": "a | b | c\n|---|---|",
    "pipe": "a|b\\|c",
    "link": "[click](http://evil.example)",
    "link-script": "[x](javascript:alert(1))",
    "image": "![x](http://evil.example/pixel.png)",
    "autolink": "<http://evil.example> https://evil.example www.evil.example",
    "reference": "[x]: http://evil.example",
    "fence": "```\n# heading\n```",
    "fence-tilde": "~~~\nx\n~~~",
    "backticks": "`` ` ``` ",
    "heading": "# heading",
    "list": "- [x] done",
    "quote": "> quote",
    "rule": "---",
    "emphasis": "*a* _b_ **c** ~~d~~",
    "mention": "@everyone @org/team",
    "issue-reference": "#1 GH-1 org/repo#1",
    "details-breakout": "</details></summary><details open>",
    "comment-marker": "<!-- baseten-drift -->",
    "math": "$a$ $$b$$",
    "emoji-code": ":smile:",
    "backslash": "a\\nb\\",
    # Spreadsheets, shells, formats
    "formula": '=HYPERLINK("http://evil.example")',
    "formula-plus": "+1+cmd|' /C calc'!A0",
    "formula-at": "@SUM(1)",
    "shell": "$(reboot); `reboot` && rm -rf / #",
    "printf": "%s%n%(x)s{0}",
    "metric-label": 'a"} 1\nevil_metric{x="',
    "json": '", "injected": true, "x": "',
    "yaml": "a: b\n- c: !!python/object",
    "markup": "[bold]x[/bold][link=http://evil.example]y[/link]",
    "path": "../../etc/passwd",
    "url": "http://user:pass@evil.example/?q=1#f",
    "long": "x" * 2_500,
    "long-unbroken-unicode": "\u754c" * 2_500,
    "many-lines": "line\n" * 500,
}
"""By what each tries."""


def with_every_hostile_text(test: Callable[[str], None]) -> Callable[[], None]:
    """The test as one case that walks all the texts; where it fails, a note says with which."""

    def walk() -> None:
        for name, text in HOSTILE.items():
            try:
                test(text)
            except Exception as error:
                error.add_note(f"with the hostile text {name!r}")
                raise

    walk.__doc__ = test.__doc__
    return walk
