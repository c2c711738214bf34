"""Clauses joined into tasks: what belongs to one thing to do, wherever in the request it is said."""

from __future__ import annotations

import re

from cellwright.ask.clauses import VERBS, clauses

_VERB = re.compile(rf"^(?:{'|'.join(VERBS)}|h[ei]+gh?li?gh?t)\b", re.I)
_DESTINATION = re.compile(
    r"^(?:write|put|display|show|place|store|return|output|record|save|enter|list|present|give|do|"
    r"keep|insert|set|"
    r"label|title|name|call|format|make)\s+"
    r"(?:all\s+)?(?:the\s+|these\s+|this\s+|that\s+|them\b|it\b|each\s+)?(?:calculated\s+|"
    r"corresponding\s+|final\s+)?"
    r"(?:results?|them|it|this|values?|answers?|totals?|output|outcomes?|numbers?|counts?|column|header)?\b",
    re.I,
)
_CHART = re.compile(r"\b(?:charts?|graphs?|plots?|histogram|diagram|illustrate|visuali[sz]e)\b", re.I)
_CHART_DETAIL = re.compile(
    r"\b(?:legends?|data labels?|chart title|title(?:d)? (?:of|for) the chart|axis|axes|trend "
    r"?lines?|markers?|gridlines?|chart)\b",
    re.I,
)
_PIVOT = re.compile(r"\bpivot\b", re.I)
_PRONOUN = re.compile(r"\b(?:it|them|those|these|this|that|results?|the same|there)\b", re.I)
_FOUND = re.compile(r"^(?:find|search|look for|identify|locate|check|list)\b", re.I)
_EFFECT = re.compile(r"^(?:highlight|colou?r|shade|mark|format|fill|bold|delete|remove|flag|use)\b", re.I)
_ELSE = re.compile(
    r"^(?:otherwise|other wise|if\b|else|when\b|those\b|use\b|where\b|while\b|except\b|the (?:rest|"
    r"others?)\b)",
    re.I,
)
_FACT = re.compile(
    r"^(?!(?:in|for|on|at|under|with|to|from|new|pivot|every|each)\b)(?!.*\b(?:should|need|must|want|rule|highlight\w*|"
    r"format\w*)\b)"
    r".*\b(?:is|are|was|were|equals?|=|means)\b",
    re.I | re.S,
)
_LEAD = re.compile(
    r"(?:in|for|on|at|under|with|to|from|by|within|inside|below|beside|next to|using|based|"
    r"according|after|before|"
    r"finally|then|next|first|also|and|of|each|every|all|as|into|via|without|starting|following|"
    r"once|similarly)\b",
    re.I,
)


def tasks_of(text: str) -> list[str]:
    """The tasks of a request, in order, each as one text."""
    tasks: list[str] = []
    lead = ""
    for clause in clauses(text):
        if not _VERB.match(clause) and not _ELSE.match(clause) and not _stands_alone(clause):
            if _FACT.search(clause):
                continue
            if not _LEAD.match(clause):
                tasks.append(f"{lead} {clause}".strip())
                lead = ""
                continue
            lead = f"{lead} {clause}," if lead else f"{clause},"
            continue
        whole = f"{lead} {clause}".strip()
        if tasks and _belongs(whole, clause, tasks[-1]):
            tasks[-1] = f"{tasks[-1]}. {whole}"
        else:
            tasks.append(whole)
        lead = ""
    if lead.strip(" ,"):
        if tasks:
            tasks[-1] = f"{tasks[-1]}. {lead.strip(' ,')}"
        else:
            tasks.append(lead.strip(" ,"))
    return tasks


def _stands_alone(clause: str) -> bool:
    """A wish without a verb that leads: `what is ...`, `only show ...`, `total by region`."""
    return bool(
        re.match(
            r"(?:only|just|what|which|how|who|when|where|is|are|does|do|cells|rows|values|total|"
            r"average|sum|top|bottom|"
            r"all|no|any|anyone|everything|every|conditional|data|use|new|pivot|another|[a-z]{1,2}\d+)\b",
            clause,
            re.I,
        )
    )


def _belongs(whole: str, clause: str, before: str) -> bool:
    """Whether a clause only says more of the task before it."""
    is_chart, was_chart = bool(_CHART.search(clause)), bool(_CHART.search(before))
    if (
        was_chart
        and _CHART_DETAIL.search(clause)
        and not re.search(
            r"\b(?:create|draw|plot|make|insert|build|generate|add an?other|"
            r"visuali[sz]e)\b[^.]*\b(?:chart|graph|plot)\b",
            clause,
            re.I,
        )
    ):
        return True
    if re.fullmatch(r"(?:apply|use|add|create|set)\b[^.]*\bcondition\w* form\w*\W*", before, re.I):
        return True
    if is_chart or _PIVOT.search(clause):
        return False
    if _ELSE.match(clause):
        return True
    if (
        _FOUND.match(before)
        and _EFFECT.match(clause)
        and _PRONOUN.search(clause)
        and not _EFFECT.match(before)
    ):
        return True
    if re.match(r"(?:in|for|with|under)\b", whole, re.I) and not re.search(
        r"\b(?:results?|them|it)\b", clause, re.I
    ):
        return False
    if re.match(r"(?:create|add|make|insert)\b[^.]*\bsheet\s+with\b", before, re.I) and re.match(
        r"(?:fetch|get|copy|fill|bring|retrieve)\b", clause, re.I
    ):
        return True
    is_formatting = re.search(
        r"\b(?:format|currency|percent\w*|accounting|bold|font|decimals?|align\w*|colou?r|fill)\b",
        clause,
        re.I,
    )
    if _DESTINATION.match(clause) and _PRONOUN.search(clause) and not is_formatting:
        return True
    if re.match(r"(?:add|create|insert|make)\b[^.]*\b(?:column|row|table)\b", before, re.I) and re.match(
        r"(?:calculate|compute|fill|find|determine|get|work|figure|use|show|mark|set|count|sum|put|"
        r"list|fetch)\b",
        clause,
        re.I,
    ):
        return "." not in before
    return False
