"""The phrases of conditions: comparisons, blanks, errors, duplicates, ranks, lengths, amounts.

`MARKS` are tried in order, the longest phrase first; a phrase that is found becomes a mark: `OPEN`, its name,
`SHUT`.
"""

from __future__ import annotations

import re

_AVERAGE = r"(?:the )?(?:column'?s? )?(?:average|mean)"
_PHRASES: tuple[tuple[str, str], ...] = (
    (
        r"(?:is |are )?(?:greater|higher|larger|more|bigger) than or (?:is )?equal to|(?:is |are "
        r")?equal to or (?:greater|more|higher|larger) than|equals? or (?:greater|more|higher) "
        r"than|greater or equal (?:to|than)|(?:is |are )?at least|(?:is |are )?(?:no|not) (?:less|"
        r"fewer|lower|smaller) than",
        "ge",
    ),
    (
        r"(?:is |are )?(?:less|lower|smaller|fewer) than or (?:is )?equal to|(?:is |are )?equal to "
        r"or (?:less|lower|smaller|fewer) than|equals? or (?:less|lower) than|less or equal (?:to|"
        r"than)|(?:is |are )?at most|(?:is |are )?(?:no|not) (?:more|greater|higher|larger) than|"
        r"(?:is |are )?up to",
        "le",
    ),
    (
        r"(?:is |are )?not equal to|(?:does|do) not equal|(?:is|are) other than|other than|"
        r"(?:is|are) different (?:from|than|to)|(?:isn't|aren't|is not|are not|not) (?:marked|"
        r"classified|labell?ed) as",
        "ne",
    ),
    (
        rf"(?:is |are |fall |lie |with )?(?:greater than|higher than|more than|larger than|above|"
        rf"over|exceeding|exceeds?) {_AVERAGE}|above[- ]average|better than {_AVERAGE}",
        "above",
    ),
    (
        rf"(?:is |are |fall |lie |with )?(?:less than|lower than|smaller than|below|under|beneath) "
        rf"{_AVERAGE}|below[- ]average|worse than {_AVERAGE}",
        "below",
    ),
    (
        r"(?:is |are |lies? |falls? |fall |ranges? |range |in the range )?(?:not (?:in )?between|"
        r"outside(?: of)?(?: the range(?: of)?)?)",
        "outside",
    ),
    (
        r"(?:is |are |lies? |falls? |ranges? |having |have |with )?(?:in )?between|(?:is |are )?in "
        r"the range(?: of)?|ranges? from|within the range(?: of)?",
        "between",
    ),
    (
        r"(?:is |are )?(?:exactly )?(?:greater|higher|larger|more|bigger|longer|older|later) than|"
        r"(?:with |having |have |has )?(?:more|greater|higher|larger) (?!than)(?P<inner>(?:\w+ "
        r"){1,3}?)than(?! average| the average)|exceeding|exceeds?|(?:is |are )?(?:above|over|"
        r"beyond|after|past)|surpass(?:es|ing)?",
        "gt",
    ),
    (
        r"(?:is |are |having |have )?(?:less|lower|smaller|fewer|shorter|younger|earlier) than|"
        r"(?:with |having |have |has )?(?:less|lower|smaller|fewer) (?!than)(?P<inner>(?:\w+ "
        r"){1,3}?)than(?! average| the average)|(?:is |are )?(?:below|under|before|beneath)|falls? "
        r"short of",
        "lt",
    ),
    (
        r"(?:does not|do not|doesn't|don't|not) (?:contain|include|have)(?: the (?:text|word|"
        r"letter|phrase|string|character)s?)?|not containing|without the (?:text|word)|excluding",
        "lacks",
    ),
    (
        r"(?:contain|include)(?:s|ing)?(?: the| a| an)?(?: (?:text|word|letter|phrase|string|"
        r"substring|character)s?)?|(?:with|having|has|have) (?:the )?(?:text|word|letter|phrase|string)|"
        r"that mention|mention(?:s|ing)",
        "contains",
    ),
    (r"(?:does not|do not|doesn't|don't|not) (?:start|begin) with", "lacks_start"),
    (
        r"(?:start|begin)(?:s|ning|ing)? (?:with|from)(?: the)?(?: (?:text|word|letter|"
        r"character)s?)?|(?:where |whose )?(?:the )?first (?:character|letter) is|prefixed with",
        "begins",
    ),
    (
        r"(?:end)(?:s|ing)? (?:with|in)(?: the)?(?: (?:text|word|letter|character)s?)?|(?:where |"
        r"whose )?(?:the )?last (?:character|letter) is|suffixed with",
        "ends",
    ),
    (
        r"(?:is|are|was|were) (?:in )(?=(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))|"
        r"(?:issued|dated|made|sold|placed|during|happening|occurring) in(?= (?:jan|feb|mar|apr|"
        r"may|jun|jul|aug|sep|oct|nov|dec|\d{4}))",
        "in",
    ),
    (
        r"(?:is |are )?(?:exactly )?(?:equal to|equals?|exactly|precisely)|(?:is |are )?(?:marked|"
        r"classified|labell?ed|flagged|tagged|listed|categori[sz]ed|set) (?:as|to)|matche?s?|(?:is|"
        r"are|was|were|being)(?: exactly)?",
        "eq",
    ),
)
_SIGNS = {
    "ge": ">=|=>|≥", "le": "<=|=<|≤", "ne": "<>|!=|≠", "gt": ">", "lt": "<", "eq": "==|=",
}  # fmt: skip
MARKS = tuple(
    (re.compile(rf"(?<!\w)(?:{pattern})(?!\w)" + (f"|{_SIGNS[name]}" if name in _SIGNS else ""), re.I), name)
    for pattern, name in _PHRASES
)
NOT_BLANK = re.compile(
    r"\b(?:is not|are not|isn't|aren't|not|non)[- ](?:blank|empty)\b|\bhas (?:a|any) value\b|"
    r"\b(?:filled|nonblank|nonempty)\b",
    re.I,
)
BLANK = re.compile(r"\b(?:blanks?|empty|missing|has no value|without (?:a )?value)\b", re.I)
ERROR = re.compile(r"\b(?:formulas? that return )?errors?\b|#N/A|#VALUE!|#REF!", re.I)
DUPLICATE = re.compile(
    r"\b(?:duplicate[sd]?|duplicated|repeated|repeating|appears? more than once|occurs? more than "
    r"once|not unique)\b",
    re.I,
)
UNIQUE = re.compile(r"\b(?:unique|appears? (?:only|exactly) once|distinct)\b", re.I)
TOP = re.compile(
    r"\b(?:(top|highest|largest|biggest|greatest|best|bottom|lowest|smallest|least|worst)[- ]*(?:items?|"
    r"values?|percent)?[- ]*(\d+|one|two|three|four|five|"
    r"six|seven|eight|nine|ten)\b\s*(%|percent)?|(\d+|one|two|three|four|five|six|seven|eight|nine|"
    r"ten)\s*(%|percent)?\s+(?:of the )?"
    r"(highest|largest|biggest|greatest|top|best|lowest|smallest|least|bottom|worst)\b|"
    r"(maximum|highest|largest|max|biggest|minimum|lowest|smallest|min|top(?= ?1?\b)|bottom|"
    r"(?:high|low)(?= values?\b))\b(?: values?)?(?:\s*(percent))?)",
    re.I,
)
LOW = frozenset(["bottom", "lowest", "smallest", "least", "worst", "minimum", "min", "low"])
LENGTH = re.compile(r"\b(?:characters?|letters?|length|digits)\b", re.I)
NUMBER = re.compile(
    r"[-+]?[$€£]?\s?-?(?:\d{1,3}(?:(?P<mark>[,.'\u2019\u00a0\u202f])\d{3})(?:(?P=mark)\d{3})*(?!\d)(?:[.,]\d+)?|"
    r"\d+(?:[.,]\d+)?)(?:\s?[€%])?(?:\s?(?:k|million|thousand|"
    r"billion|percent|lakhs?|crores?)\b)?",
    re.I,
)
OR_MORE = re.compile(
    r"((?:[$€£]\s?)?\d[\d,.]*\s*(?:%|percent(?:age)?)?)\s*(?:,\s*)?or "
    r"(more|above|greater|higher|over|later|after|less|below|lower|fewer|under|earlier|before)\b"
    r"(?!\s+(?:than|[$€£]?\d))",
    re.I,
)
SCALES = {
    "k": 1e3, "thousand": 1e3, "million": 1e6, "billion": 1e9,
    "lakhs": 1e5, "lakh": 1e5, "crores": 1e7, "crore": 1e7,
}  # fmt: skip
OPEN, SHUT = "\x01", "\x02"
QUOTES = re.compile(r"\"([^\"]*)\"|“([^”]*)”|(?<!\w)'([^']*)'(?!\w)|‘([^’]*)’")
BETWEEN = re.compile(rf"({OPEN}(?:between|outside){SHUT}\s*)([^{OPEN}]+?)\s+(?:and|to|-)\s+(\S+)", re.I)
ORDERS = {"eq", "ne", "lt", "le", "gt", "ge"}
UP = frozenset(["more", "above", "greater", "higher", "over", "later", "after"])
QUOTE_MARK = re.compile("\x03(\\d+)\x04")
ONLY_A_PLACE = re.compile(r"(?:on|in|for|from|of|at)\s+(?:the\s+)?(?:columns?|cells?|range|sheet)\b", re.I)
STATISTIC = re.compile(
    r"(?:the )?(median|maximum|minimum|standard deviation)(?: value)?(?: of (?:the )?(?:column|values))?"
    r"(?: (?:as|in|with)\b.*)?",
    re.I,
)
"""A figure of a column that its cells may be compared with."""
TAIL = re.compile(
    r"\s+(?:in (?:the |that |this )?[\w /.-]*\bcolumns?|(?:in|of|on|for|from|under) (?:the "
    r")?columns?\b.*|(?:to|as|with|in|using|by) (?:the "
    r")?(?:(?:a|an) )?(?:light |dark |bold )?"
    r"(?:red|green|yellow|blue|orange|purple|pink|gr[ae]y|bold|fill|colou?r|different|"
    r"italics?)\b.*|columns?|and$)$",
    re.I,
)
