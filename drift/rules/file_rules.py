"""Rules for desired files: what the API would refuse, and what is legal but probably not meant."""

from msgspec import Struct

from drift.errors import Level


class FileRule(Struct, frozen=True):
    """A rule that an author of desired files can break."""

    id: str
    title: str
    """What must hold, as a short statement."""
    explain: str
    """What it means, why the rule exists, and how to repair the file."""
    level: Level = Level.ERROR
    """The worst level it reports at; some rules only warn in milder cases, which ``explain`` names."""
    also_warns: bool = False
    """Whether a rule that reports errors only warns in milder cases."""

    @property
    def warns(self) -> bool:
        """Whether there are warnings of this rule, which ``--ignore`` can leave out."""
        return self.also_warns or self.level is Level.WARNING


FILE_RULES: tuple[FileRule, ...] = (
    FileRule(
        "V00",
        "The file can be read as one YAML document",
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
        "`metadata.external_entity_id` is text of 1 to 255 characters (schema GroupMetadataV1). It is the name under "
        "which a group is looked up; a group that pins its internal `id` may leave it out, but one of the two must "
        "be there. Blanks at the ends and control characters are legal, compared exactly, and reported as warnings."
        "\n\nQuote ids that YAML reads as something else: `no`, `0123`, `1:30` and `2026-01-31` are not text.",
        also_warns=True,
    ),
    FileRule(
        "V02",
        "No two groups have the same id",
        "External ids are unique among the live groups of a workspace: the API refuses to create a second one. All "
        "files of a run are one declaration, so the same external id, or the same pinned `id`, in two entries leaves "
        "open which of them is meant.\n\nMerge the entries, or rename one. Check each workspace in its own run.",
    ),
    FileRule(
        "V03",
        "The display name is text of at most 255 characters",
        "`metadata.name` may be null or left out; left out, it is not compared (schema GroupMetadataV1). An empty name "
        "and blanks at the ends are legal and only warned about: they are rarely meant.\n\n"
        "Shorten the name, write null for none, or quote what YAML does not read as text.",
        also_warns=True,
    ),
    FileRule(
        "V04",
        "models is a list",
        "`models` lists every model that the group may call. Left out, models are not compared. An empty list is a "
        "warning: it declares a group whose callers are all cut off, a state that an update can bring about but that "
        "the API refuses to create.\n\nBegin each entry with `- slug: ...`.",
        also_warns=True,
    ),
    FileRule(
        "V05",
        "A slug is not empty and looks like an endpoint slug",
        "A model is named by its endpoint slug, `prefix/name`. An entry without one is an error. Another form than two "
        "parts of letters, digits, `.`, `_`, `~` and `-` is a warning, since the API publishes no pattern.\n\n"
        "Copy the slug from the endpoint; it contains no blanks, and exactly one slash.",
        also_warns=True,
    ),
    FileRule(
        "V06",
        "A group lists each model once",
        "The models of a group are a set: two entries of one slug leave open which limits are meant.\n\n"
        "Merge the two entries.",
    ),
    FileRule(
        "V07",
        "The type of a limit is known",
        "`REQUEST` counts requests and `TOKEN` prompt and completion tokens together. The API's newer values "
        "CONCURRENT_REQUEST, UNCACHED_INPUT_TOKEN and OUTPUT_TOKEN are read and compared, with a warning: its pages on "
        "groups do not mention them, and it may refuse them. Anything else is an error.\n\n"
        "Types are written in upper case.",
        also_warns=True,
    ),
    FileRule(
        "V08",
        "The unit fits the kind of limit",
        "A rate limit counts per SECOND or MINUTE (schema RateLimitV1), a usage limit per DAY (schema UsageLimitV1)."
        "\n\nMove a daily limit to `usage_limits`, and a shorter one to `rate_limits`.",
    ),
    FileRule(
        "V09",
        "A model has one rate limit per type",
        "The API refuses a second rate limit of a type on one model of a group, even with another unit: TOKEN per "
        "SECOND and TOKEN per MINUTE exclude each other (Rate limits page).\n\nKeep the one that is meant.",
    ),
    FileRule(
        "V10",
        "A model has one usage limit per type and unit",
        "Two usage limits of the same type and unit on one model of a group leave open which one counts; the API "
        "refuses them.\n\nKeep the one that is meant.",
    ),
    FileRule(
        "V11",
        "A threshold is an integer of 0 or more",
        "Thresholds are whole numbers without a maximum (schema RateLimitV1). Text, fractions, booleans and shorthand "
        "such as `1M` are refused, and so are numbers that YAML reads in another base: `0777` is 511, `1:30` is 90. "
        "0 is legal and warned about: it is a limit that probably lets nothing pass, not the absence of a limit.\n\n"
        "Write all digits; underscores may group them: 1_000_000.",
        also_warns=True,
    ),
    FileRule(
        "V12",
        "limit_enforcement is INDEPENDENT or CASCADING",
        "INDEPENDENT makes ancestors templates, whose limits a group may replace; CASCADING makes them pools, of which "
        "every one must have room. Left out, a group has the mode of its parent, and a root is INDEPENDENT (schema "
        "CreateGroupHierarchyV1).\n\nWrite it in upper case, on the root, and leave it out below.",
    ),
    FileRule(
        "V13",
        "A tree has one limit enforcement mode",
        "Every group has the mode of its root; the API refuses a child of another mode (Rate limits page). A branch "
        "that differs is reported once, at its top.\n\n"
        "Write `limit_enforcement` on the root and leave it out below.",
    ),
    FileRule(
        "V14",
        "A parent is declared, and parents form no cycle",
        "`hierarchy.parent` is the external id of a group in any file of the run. A parent that is not declared is "
        "given by its internal id instead, as `parent_group_id`; both at once are refused. Following parents must end "
        "at a root.\n\nCorrect the id, declare the parent, or remove the line for a root.",
    ),
    FileRule(
        "V15",
        "A tree has at most five levels",
        "The API refuses a group below five others (Create page). Whether the root counts as one of the five levels is "
        "not documented; it counts here. The parent given as `parent_group_id` counts as well, as one level at least."
        "\n\nHang the group higher up. The message names the top of the tree.",
    ),
    FileRule(
        "V16",
        "In a CASCADING tree, no limit is above an ancestor's",
        "The API answers 400, `Child group exceeds parent group limit.`, to a child above any ancestor on the same "
        "model, type and unit (Rate limits page). Equal is allowed; other units are not compared; a limit that only "
        "one of the two sets is not compared either. In an INDEPENDENT tree a child may be above its ancestors.\n\n"
        "Lower the child's limit or raise the ancestor's; the message names the tightest one and its line. On the "
        "gateway, raise limits from the root down and lower them from the leaves up.",
    ),
    FileRule(
        "V17",
        "The children of a pool are promised at most ten times its limit",
        "In a CASCADING tree children may together be above their parent: the pool is shared by whoever is busy. This "
        "is allowed and not reported, until the children's limits add up to more than ten times the parent's. Then, "
        "with all of them busy, each gets less than a tenth of its limit, and its own limit says little.\n\n"
        "Raise the parent's limit or lower the children's, unless few of them are ever busy at a time.",
        level=Level.WARNING,
    ),
    FileRule(
        "V18",
        "A child lists models that its parent lists",
        "Nothing in the documentation forbids a model that the parent does not list. But the parent then neither hands "
        "down limits for it nor pools it, so limits that seem to hold for the whole tree do not hold here. Parents "
        "with `manage: listed` or without `models` leave open what they list, and are not compared.\n\n"
        "List the model in the parent, or correct the slug. If it is meant, leave the warning out with "
        "`--ignore V18`.",
        level=Level.WARNING,
    ),
    FileRule(
        "V19",
        "A model has a limit on the group or an ancestor",
        "As far as documented, a model without any limit on the group and its ancestors may be called without limit, "
        "in both modes. It is reported at the topmost group that lists it, and only where the files tell all about the "
        "chain: up to a declared root, with `models` for every group. A group without `hierarchy` may have a parent "
        "with limits.\n\n"
        "Give the model limits, in this group or, for all groups below, in an ancestor.",
        level=Level.WARNING,
    ),
    FileRule(
        "V20",
        "Every key is known, and appears once",
        "A misspelt key would silently declare nothing, and of two equal keys YAML parsers keep one without a word. "
        "Keys are text: an unquoted `on` or `1` is not. `effective_models` and `created_at` of a pasted live group "
        "are accepted and ignored.\n\nCorrect or remove the key; the message names what is known at that place.",
    ),
    FileRule(
        "V22",
        "A profile is declared once, and exists where it is named",
        "Profiles are limits under a name, declared below `profiles` in any file and seen by all files of the run; so "
        "a name can be declared only once. A list of limits that a model writes beside `profile` replaces the "
        "profile's list of that kind.\n\nCorrect the name, or declare the profile in one of the files that are given.",
    ),
    FileRule(
        "V23",
        "The file has the documented shape",
        "A file is a mapping with `version: 1`, and `profiles` and `groups` as needed; blocks are mappings and lists "
        "as the API's schema GroupV1 has them; `manage` is `exact` or `listed`.\n\n"
        "`drift schema desired` prints the JSON Schema, which editors use to complete and check the file.",
        also_warns=True,
    ),
    FileRule(
        "V24",
        "A pinned id can be sent",
        "`id` is the internal id that the API gave the group, and becomes part of a URL: text of 1 to 255 characters "
        "without control characters. Any other character is percent-encoded.\n\n"
        "Copy it from the API's answer, or remove it: the external id is enough.",
    ),
    FileRule(
        "V25",
        "Prices are stated once, as exact numbers",
        "`prices` turns exposed tokens into money: `currency` is three capital letters, `models` gives each slug an "
        "`input` and an `output` price for `per` tokens (1,000,000 if left out). Prices are 0 or more, written with "
        "digits and a decimal point, and taken exactly. One table is for all files of a run, so that amounts have "
        "one currency.\n\nCorrect the value, or keep one of the tables.",
    ),
    FileRule(
        "V26",
        "A price is of a model that a group lists",
        "A price of a slug that no group declares is never used. Misspelt, it leaves the model that was meant without "
        "a price, and its cost out of the sum.\n\n"
        "Correct the slug or remove the price. If other runs share the table, leave the warning out with "
        "`--ignore V26`.",
        level=Level.WARNING,
    ),
    FileRule(
        "V30",
        "A rate limit is not hidden by an ancestor's of the other unit",
        "A group has one rate limit of a type, per SECOND or per MINUTE, but an ancestor's limit of the other unit "
        "applies beside it: inherited in an INDEPENDENT tree, as a pool in a CASCADING one. TOKEN/MINUTE 6,000,000 "
        "below TOKEN/SECOND 50,000 is never reached, as at most 3,000,000 tokens pass in a minute. The API compares "
        "equal units only, so it does not refuse this.\n\n"
        "The same unit is no such case: in an INDEPENDENT tree the group's own limit replaces the ancestor's, higher "
        "or lower, and in a CASCADING tree a higher one is an error (V16). That a limit of another unit is inherited "
        "is what the Rate limits page says; one sample of the API shows otherwise.\n\n"
        "Remove the limit, lower it until it matters, or write it in the ancestor's unit.",
        level=Level.WARNING,
    ),
    FileRule(
        "V31",
        "A daily limit can be reached",
        "A usage limit above what the tightest rate limit of its type lets pass in a day never matters: 1,440 times a "
        "limit per MINUTE, 86,400 times one per SECOND. Rate limits of ancestors count where they apply to the group, "
        "inherited in an INDEPENDENT tree and as pools in a CASCADING one.\n\n"
        "Often a zero too many, or the rate limit was lowered later. Lower the daily limit, or remove it.",
        level=Level.WARNING,
    ),
    FileRule(
        "V32",
        "A daily limit lasts longer than a minute",
        "At the full rate that the rate limits of the same type allow, the daily limit is used up in less than a "
        "minute, and the group is refused until 00:00 UTC. Either limit may be the group's own; that of an ancestor "
        "counts where it applies to the group.\n\n"
        "Often a zero too few, or a limit per minute written as one per day. Raise the daily limit, or lower the rate.",
        level=Level.WARNING,
    ),
    FileRule(
        "V40",
        "An acceptance says what, why, who and until when",
        "An entry of `accepted` accepts one difference of one group: `group`, its `rule` or its `path` or both, and "
        "the exact `live` value. `reason`, `owner` and `until`, the last day in UTC, are required: what is accepted "
        "for ever is better declared. Another live value, or another day than until then, and the difference is drift "
        "again. Two entries for the same difference are refused.\n\n"
        "`drift accept REPORT --reason .. --owner .. --until ..` writes the entries from a report.",
    ),
    FileRule(
        "V33",
        "A pinned effective limit names the group that it comes from",
        "`effective` lists models with all the limits that are to be in effect on them, as the API's effective_models "
        "does. Each limit has `source`, the external id of the declared group that sets it, or `source_group`, the "
        "internal id of one that no file declares. That group is the pinned one itself or an ancestor. A model is "
        "pinned once; the same type and unit may come from several groups in a CASCADING tree.\n\n"
        "Correct the id, or copy source_group from the API's answer.",
    ),
    FileRule(
        "V34",
        "A pinned limit is what its source declares",
        "A pin says that a limit is in effect and comes from a declared group; that group declares another threshold, "
        "or no such limit. Live can agree with one of them only, so every check will find drift. An empty list, "
        "which pins nothing, is a warning as well.\n\n"
        "Change the one that is out of date. After a deliberate change of an ancestor, change the pins below it too.",
        level=Level.WARNING,
    ),
)
