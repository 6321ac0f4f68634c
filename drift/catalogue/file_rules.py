"""Rules for desired files: what the API would refuse, and what is legal but probably not meant."""

from msgspec import Struct

from drift.errors import Level


class FileRule(Struct, frozen=True):
    """A rule that an author of desired files can break."""

    id: str
    title: str
    """What must hold, as a short statement."""
    level: Level
    """The worst level it reports at; some rules only warn in milder cases, which ``explain`` names."""
    explain: str
    """What it means, why the rule exists, and how to repair the file."""


FILE_RULES: tuple[FileRule, ...] = (
    FileRule(
        "V00",
        "The file can be read as one YAML document",
        Level.ERROR,
        "The path must exist and be readable, the file must be UTF-8 text of at most 32 MiB, and it must hold one "
        "YAML document of at most 64 levels that is not empty. Tags such as `!!python/object` are refused, and so "
        "are aliases that expand without bound.\n\n"
        "The position of a syntax error is where the parser gave up; the cause is there or just before. Indent with "
        "spaces, quote text that contains `: ` or begins with a special character, and close brackets and quotes. "
        "An empty file needs `version: 1` and `groups:`.",
    ),
    FileRule(
        "V01",
        "A group says who it is",
        Level.ERROR,
        "`metadata.external_entity_id` is text of 1 to 255 characters (schema GroupMetadataV1). It is the name under "
        "which a group is looked up; a group that pins its internal `id` may leave it out, but one of the two must "
        "be there. Blanks at the ends and control characters are legal, compared exactly, and reported as warnings."
        "\n\nQuote ids that YAML reads as something else: `no`, `0123`, `1:30` and `2026-01-31` are not text.",
    ),
    FileRule(
        "V02",
        "No two groups have the same id",
        Level.ERROR,
        "External ids are unique among the live groups of a workspace: the API refuses to create a second one. All "
        "files of a run are one declaration, so the same external id, or the same pinned `id`, in two entries leaves "
        "open which of them is meant.\n\nMerge the entries, or rename one. Check each workspace in its own run.",
    ),
    FileRule(
        "V03",
        "The display name is text of at most 255 characters",
        Level.ERROR,
        "`metadata.name` may be null or left out; left out, it is not compared (schema GroupMetadataV1). An empty name "
        "and blanks at the ends are legal and only warned about: they are rarely meant.\n\n"
        "Shorten the name, write null for none, or quote what YAML does not read as text.",
    ),
    FileRule(
        "V04",
        "models is a list",
        Level.ERROR,
        "`models` lists every model that the group may call. Left out, models are not compared. An empty list is a "
        "warning: it declares a group whose callers are all cut off, a state that an update can bring about but that "
        "the API refuses to create.\n\nBegin each entry with `- slug: ...`.",
    ),
    FileRule(
        "V05",
        "A slug is not empty and looks like an endpoint slug",
        Level.ERROR,
        "A model is named by its endpoint slug, `prefix/name`. An entry without one is an error. Another form than two "
        "parts of letters, digits, `.`, `_`, `~` and `-` is a warning, since the API publishes no pattern.\n\n"
        "Copy the slug from the endpoint; it contains no blanks, and exactly one slash.",
    ),
    FileRule(
        "V06",
        "A group lists each model once",
        Level.ERROR,
        "The models of a group are a set: two entries of one slug leave open which limits are meant.\n\n"
        "Merge the two entries.",
    ),
    FileRule(
        "V07",
        "The type of a limit is known",
        Level.ERROR,
        "`REQUEST` counts requests and `TOKEN` prompt and completion tokens together. The API's newer values "
        "CONCURRENT_REQUEST, UNCACHED_INPUT_TOKEN and OUTPUT_TOKEN are read and compared, with a warning: its pages on "
        "groups do not mention them, and it may refuse them. Anything else is an error.\n\n"
        "Types are written in upper case.",
    ),
    FileRule(
        "V08",
        "The unit fits the kind of limit",
        Level.ERROR,
        "A rate limit counts per SECOND or MINUTE (schema RateLimitV1), a usage limit per DAY (schema UsageLimitV1)."
        "\n\nMove a daily limit to `usage_limits`, and a shorter one to `rate_limits`.",
    ),
    FileRule(
        "V09",
        "A model has one rate limit per type",
        Level.ERROR,
        "The API refuses a second rate limit of a type on one model of a group, even with another unit: TOKEN per "
        "SECOND and TOKEN per MINUTE exclude each other (Rate limits page).\n\nKeep the one that is meant.",
    ),
    FileRule(
        "V10",
        "A model has one usage limit per type and unit",
        Level.ERROR,
        "Two usage limits of the same type and unit on one model of a group leave open which one counts; the API "
        "refuses them.\n\nKeep the one that is meant.",
    ),
    FileRule(
        "V11",
        "A threshold is an integer of 0 or more",
        Level.ERROR,
        "Thresholds are whole numbers without a maximum (schema RateLimitV1). Text, fractions, booleans and shorthand "
        "such as `1M` are refused, and so are numbers that YAML reads in another base: `0777` is 511, `1:30` is 90. "
        "0 is legal and warned about: it is a limit that probably lets nothing pass, not the absence of a limit.\n\n"
        "Write all digits; underscores may group them: 1_000_000.",
    ),
    FileRule(
        "V12",
        "limit_enforcement is INDEPENDENT or CASCADING",
        Level.ERROR,
        "INDEPENDENT makes ancestors templates, whose limits a group may replace; CASCADING makes them pools, of which "
        "every one must have room. Left out, a group has the mode of its parent, and a root is INDEPENDENT (schema "
        "CreateGroupHierarchyV1).\n\nWrite it in upper case, on the root, and leave it out below.",
    ),
    FileRule(
        "V14",
        "A parent is declared, and parents form no cycle",
        Level.ERROR,
        "`hierarchy.parent` is the external id of a group in any file of the run. A parent that is not declared is "
        "given by its internal id instead, as `parent_group_id`; both at once are refused. Following parents must end "
        "at a root.\n\nCorrect the id, declare the parent, or remove the line for a root.",
    ),
    FileRule(
        "V20",
        "Every key is known, and appears once",
        Level.ERROR,
        "A misspelt key would silently declare nothing, and of two equal keys YAML parsers keep one without a word. "
        "Keys are text: an unquoted `on` or `1` is not. `effective_models` and `created_at` of a pasted live group "
        "are accepted and ignored.\n\nCorrect or remove the key; the message names what is known at that place.",
    ),
    FileRule(
        "V22",
        "A profile is declared once, and exists where it is named",
        Level.ERROR,
        "Profiles are limits under a name, declared below `profiles` in any file and seen by all files of the run; so "
        "a name can be declared only once. A list of limits that a model writes beside `profile` replaces the "
        "profile's list of that kind.\n\nCorrect the name, or declare the profile in one of the files that are given.",
    ),
    FileRule(
        "V23",
        "The file has the documented shape",
        Level.ERROR,
        "A file is a mapping with `version: 1`, and `profiles` and `groups` as needed; blocks are mappings and lists "
        "as the API's schema GroupV1 has them; `manage` is `exact` or `listed`.\n\n"
        "`drift schema desired` prints the JSON Schema, which editors use to complete and check the file.",
    ),
    FileRule(
        "V24",
        "A pinned id can be sent",
        Level.ERROR,
        "`id` is the internal id that the API gave the group, and becomes part of a URL: text of 1 to 255 characters "
        "without control characters. Any other character is percent-encoded.\n\n"
        "Copy it from the API's answer, or remove it: the external id is enough.",
    ),
)
