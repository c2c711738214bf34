"""Make the sample workbooks of this folder: `python samples/make_samples.py [FOLDER]`.

Every number and text here is ours. The files are built with openpyxl, calculated with formualizer, and the
results put beside the formulas as Excel would have cached them; the same versions give the same bytes.

budget.xlsx        a choir's year: income and expenses by month, assumptions, a summary; Summary!E5 is empty
sales.xlsx         orders as a table, products to look up, a report; the last orders have no net amount yet
project-plan.xlsx  tasks with mistakes to find (see `PLANTED`) and a cost column that is half filled
meter.xlsx         meter readings with validation and conditional formats; consumption is half filled
"""

from __future__ import annotations

import datetime
import io
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import formualizer
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

MADE = datetime.datetime(2026, 1, 5, 9, 0)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

TITLE = Font(bold=True, size=14)
HEADER = Font(bold=True, color="FFFFFF")
HEADER_FILL = PatternFill("solid", fgColor="1F4E78")
TOTAL = Font(bold=True)
TOTAL_LINE = Border(top=Side(style="thin"))
MONEY = "#,##0.00"
DATE = "yyyy-mm-dd"

PLANTED = {
    "Plan!F8": "a typed number where the column has a formula",
    "Plan!F11": "a formula that differs from those above and below it",
    "Plan!D13": "a number stored as text",
    "Plan!G17": "a sum that misses the last row",
    "Plan!G19": "a division by an empty cell",
    "Plan!G20": "a volatile function",
    "Scratch": "a hidden sheet",
    "OldRate": "a name that points nowhere",
}


def header(sheet: Worksheet, row: int, texts: Iterable[str], column: int = 1) -> None:
    """A row of headers in white on blue."""
    for offset, text in enumerate(texts):
        cell = sheet.cell(row, column + offset, text)
        cell.font, cell.fill = HEADER, HEADER_FILL
        cell.alignment = Alignment(horizontal="center", wrap_text=True)


def formats(sheet: Worksheet, area: str, number_format: str) -> None:
    """One number format for an area."""
    for row in sheet[area]:
        for cell in row:
            cell.number_format = number_format


def total(sheet: Worksheet, row: int, last: int) -> None:
    """A line above and bold type for a totals row."""
    for column in range(1, last + 1):
        sheet.cell(row, column).font = TOTAL
        sheet.cell(row, column).border = TOTAL_LINE


def budget() -> Workbook:
    """A choir's year by month on two sheets, a sheet of assumptions, a summary."""
    book = Workbook()
    summary = book.active
    summary.title = "Summary"
    assumptions = book.create_sheet("Assumptions")
    assumptions["A1"], assumptions["A1"].font = "Assumptions", TITLE
    for row, (name, value, code, note) in enumerate(
        (
            ("Members", 46, "0", "on 1 January"),
            ("Monthly fee", 18, MONEY, "per member"),
            ("Ticket price", 15, MONEY, "average of both halls"),
            ("Fee growth", 0.03, "0.0%", "next year"),
            ("Price growth", 0.025, "0.0%", "next year"),
        ),
        start=3,
    ):
        assumptions.cell(row, 1, name)
        assumptions.cell(row, 2, value).number_format = code
        assumptions.cell(row, 3, note)
    income = [
        ("Fees", ["=Assumptions!$B$3*Assumptions!$B$4"] * 12),
        (
            "Concerts",
            [
                f"={guests}*Assumptions!$B$5" if guests else 0
                for guests in (0, 0, 310, 0, 0, 420, 0, 0, 0, 280, 0, 510)
            ],
        ),
        ("Donations", [120, 85, 240, 60, 75, 310, 40, 35, 90, 150, 180, 620]),
        ("Grants", [0, 0, 2500, 0, 0, 0, 0, 0, 2500, 0, 0, 0]),
    ]
    expenses = [
        ("Conductor", [950] * 12),
        ("Musicians", [0, 0, 2800, 0, 0, 5200, 0, 0, 0, 2600, 0, 7400]),
        ("Hall", [220, 220, 640, 220, 220, 640, 0, 0, 220, 640, 220, 860]),
        ("Scores", [180, 0, 45, 260, 0, 0, 0, 310, 75, 0, 0, 30]),
        ("Insurance", [0, 0, 384, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("Travel", [0, 65, 110, 0, 480, 95, 0, 0, 0, 130, 0, 75]),
        ("Printing", [35, 20, 190, 25, 30, 210, 0, 15, 40, 170, 35, 260]),
    ]
    for name, lines in (("Income", income), ("Expenses", expenses)):
        sheet = book.create_sheet(name)
        sheet["A1"], sheet["A1"].font = f"{name} 2026, in euros", TITLE
        header(sheet, 3, (name, *MONTHS, "Year"))
        for row, (label, values) in enumerate(lines, start=4):
            sheet.cell(row, 1, label)
            for column, value in enumerate(values, start=2):
                sheet.cell(row, column, value)
            sheet.cell(row, 14, f"=SUM(B{row}:M{row})")
        last = 3 + len(lines)
        sheet.cell(last + 1, 1, "Total")
        for column in range(2, 15):
            letter = get_column_letter(column)
            sheet.cell(last + 1, column, f"=SUM({letter}4:{letter}{last})")
        total(sheet, last + 1, 14)
        formats(sheet, f"B4:N{last + 1}", MONEY)
        sheet.freeze_panes = "B4"
        sheet.column_dimensions["A"].width = 16
    summary["A1"], summary["A1"].font = "Budget of the choir", TITLE
    header(summary, 3, ("", "This year", "Growth", "Next year", "Share of income"))
    rows = (
        ("Income", "=Income!N8", "=Assumptions!B6", "=B4*(1+C4)", "=B4/$B$4"),
        ("Expenses", "=Expenses!N11", "=Assumptions!B7", "=B5*(1+C5)", None),
        ("Result", "=B4-B5", None, "=D4-D5", "=B6/$B$4"),
    )
    for row, values in enumerate(rows, start=4):
        for column, value in enumerate(values, start=1):
            summary.cell(row, column, value)
    total(summary, 6, 5)
    formats(summary, "B4:B6", MONEY)
    formats(summary, "D4:D6", MONEY)
    formats(summary, "C4:C6", "0.0%")
    formats(summary, "E4:E6", "0.0%")
    for column in "ABCDE":
        summary.column_dimensions[column].width = 16
    summary["B6"].comment = Comment("Must not fall below zero (statutes, section 9).", "Treasurer")
    book.defined_names["Members"] = DefinedName("Members", attr_text="Assumptions!$B$3")
    return book


PRODUCTS = (
    ("T-100", "Table lamp", "Lighting", 39.9),
    ("T-200", "Floor lamp", "Lighting", 89.0),
    ("C-110", "Desk chair", "Seating", 149.0),
    ("C-120", "Stool", "Seating", 59.5),
    ("D-300", "Desk", "Tables", 279.0),
    ("D-310", "Side table", "Tables", 99.0),
    ("S-400", "Shelf", "Storage", 119.0),
)
REGIONS = ("North", "East", "South", "West")


def sales() -> Workbook:
    """Sixty orders in a table, a table of products, a report by region and category."""
    book = Workbook()
    orders = book.active
    orders.title = "Orders"
    titles = ("Order", "Date", "Region", "Product", "Quantity", "Discount", "Unit price", "Net")
    header(orders, 1, titles)
    for index in range(60):
        row = index + 2
        day = datetime.date(2026, 1, 7) + datetime.timedelta(days=index * 3 + index % 4)
        values = [
            f"O-{1001 + index}",
            day,
            REGIONS[index * 7 % 11 % 4],
            PRODUCTS[index * 5 % 13 % 7][0],
            1 + index * 11 % 9,
            (0, 0, 0.05, 0, 0.1)[index % 5],
            f"=VLOOKUP(D{row},Products!$A$2:$D$8,4,FALSE)",
            f"=E{row}*G{row}*(1-F{row})" if index < 52 else None,
        ]
        for column, value in enumerate(values, start=1):
            orders.cell(row, column, value)
    formats(orders, "B2:B61", DATE)
    formats(orders, "F2:F61", "0%")
    formats(orders, "G2:H61", MONEY)
    table = Table(displayName="Orders", ref="A1:H61")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleMedium2", showRowStripes=True)
    orders.add_table(table)
    orders.freeze_panes = "A2"
    for column, width in zip("ABCDEFGH", (10, 12, 10, 10, 10, 10, 12, 12), strict=True):
        orders.column_dimensions[column].width = width
    products = book.create_sheet("Products")
    header(products, 1, ("Product", "Name", "Category", "Price"))
    for row, values in enumerate(PRODUCTS, start=2):
        for column, value in enumerate(values, start=1):
            products.cell(row, column, value)
    formats(products, "D2:D8", MONEY)
    products.add_table(Table(displayName="Products", ref="A1:D8"))
    products.column_dimensions["B"].width = 16
    report = book.create_sheet("Report")
    report["A1"], report["A1"].font = "Net sales by region", TITLE
    header(report, 3, ("Region", "Orders", "Net", "Average", "Share"))
    for row, region in enumerate(REGIONS, start=4):
        values = (
            region,
            f"=COUNTIF(Orders!$C$2:$C$61,A{row})",
            f"=SUMIF(Orders!$C$2:$C$61,A{row},Orders!$H$2:$H$61)",
            f"=C{row}/B{row}",
            f"=C{row}/$C$8" if row < 6 else None,
        )
        for column, value in enumerate(values, start=1):
            report.cell(row, column, value)
    for column, value in enumerate(("Total", "=SUM(B4:B7)", "=SUM(C4:C7)", "=C8/B8", "=C8/$C$8"), start=1):
        report.cell(8, column, value)
    total(report, 8, 5)
    formats(report, "C4:D8", MONEY)
    formats(report, "E4:E8", "0.0%")
    return book


TASKS = (
    ("Plan", "Ana", 0, 5, 30),
    ("Survey", "Bo", 5, 8, 62),
    ("Design", "Ana", 13, 12, 96),
    ("Permits", "Cy", 18, 15, 24),
    ("Groundwork", "Dee", 33, 10, 140),
    ("Foundation", "Dee", 43, 12, 168),
    ("Walls", "Eli", 55, 20, 310),
    ("Roof", "Eli", 75, 14, 205),
    ("Windows", "Fay", 82, 6, 58),
    ("Wiring", "Gus", 89, 11, 88),
    ("Plumbing", "Gus", 92, 9, 76),
    ("Finish", "Fay", 103, 16, 190),
)
RATES = (("Ana", 68), ("Bo", 54), ("Cy", 71), ("Dee", 46), ("Eli", 49), ("Fay", 52), ("Gus", 57))


def project_plan() -> Workbook:
    """Twelve tasks with the mistakes of `PLANTED`; the cost of the last six is still to fill in."""
    book = Workbook()
    plan = book.active
    plan.title = "Plan"
    plan["A1"], plan["A1"].font = "House in Linden Street", TITLE
    plan["A2"], plan["B2"] = "Begins", datetime.date(2026, 3, 2)
    plan["B2"].number_format = DATE
    header(plan, 4, ("Task", "Who", "Start day", "Days", "Start", "End", "Hours", "Cost"))
    for row, (task, who, start, days, hours) in enumerate(TASKS, start=5):
        values: list[Any] = [task, who, start, days, f"=$B$2+C{row}", f"=E{row}+D{row}-1", hours]
        if row < 11:
            values.append(f"=G{row}*VLOOKUP(B{row},Rates!$A$2:$B$8,2,FALSE)")
        for column, value in enumerate(values, start=1):
            plan.cell(row, column, value)
    plan["F8"] = datetime.date(2026, 4, 3)
    plan["F11"] = "=E11+D11"
    plan["D13"] = "6"
    formats(plan, "E5:F16", DATE)
    formats(plan, "H5:H16", MONEY)
    for row, (label, formula) in enumerate(
        (
            ("Hours", "=SUM(G5:G15)"),
            ("Last day", "=MAX(F5:F16)"),
            ("Hours a day", "=G17/D20"),
            ("Days until the end", "=F18-TODAY()"),
        ),
        start=17,
    ):
        plan.cell(row, 1, label)
        plan.cell(row, 7 if row != 18 else 6, formula)
        plan.cell(row, 1).font = TOTAL
    plan["F18"].number_format = DATE
    plan["G20"].number_format = "0"
    for column, width in zip("ABCDEFGH", (20, 8, 10, 8, 12, 12, 10, 12), strict=True):
        plan.column_dimensions[column].width = width
    plan.conditional_formatting.add(
        "D5:D16", ColorScaleRule(start_type="min", start_color="FFFFFF", end_type="max", end_color="F8A25B")
    )
    rates = book.create_sheet("Rates")
    header(rates, 1, ("Who", "Rate"))
    for row, values_ in enumerate(RATES, start=2):
        for column, value in enumerate(values_, start=1):
            rates.cell(row, column, value)
    formats(rates, "B2:B8", MONEY)
    scratch = book.create_sheet("Scratch")
    scratch["A1"], scratch["A2"] = "old offer", 41500
    scratch.sheet_state = "hidden"
    book.defined_names["Rates"] = DefinedName("Rates", attr_text="Rates!$A$2:$B$8")
    book.defined_names["OldRate"] = DefinedName("OldRate", attr_text="#REF!$B$2")
    return book


def meter() -> Workbook:
    """Readings of two meters over eighteen months; from the eleventh row on, use and cost are to fill in."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Readings"
    sheet["A1"], sheet["A1"].font = "Electricity, two meters", TITLE
    sheet["F1"], sheet["G1"] = "Price per kWh", 0.31
    sheet["G1"].number_format = "0.00"
    header(sheet, 3, ("Date", "Day meter", "Night meter", "Use (kWh)", "Cost", "Read by"))
    day, night = 18_204, 9_310
    for index in range(18):
        row = index + 4
        year, month = 2024 + (index + 6) // 12, (index + 6) % 12 + 1
        day += 168 + (index * 37 % 61) + (40 if month in (12, 1, 2) else 0)
        night += 64 + index * 23 % 31
        values: list[Any] = [datetime.date(year, month, 1), day, night]
        if 0 < index < 10:
            values += [f"=(B{row}+C{row})-(B{row - 1}+C{row - 1})", f"=D{row}*$G$1"]
        else:
            values += [None, None]
        values.append(("Mia", "Noa", "Mia", "Sam")[index % 4])
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, value)
    formats(sheet, "A4:A21", DATE)
    formats(sheet, "B4:D21", "#,##0")
    formats(sheet, "E4:E21", MONEY)
    readers = DataValidation(type="list", formula1='"Mia,Noa,Sam"', allow_blank=True)
    readers.add("F4:F21")
    sheet.add_data_validation(readers)
    sheet.conditional_formatting.add(
        "D4:D21",
        CellIsRule(
            operator="greaterThan",
            formula=["300"],
            fill=PatternFill(bgColor="FFC7CE"),
            font=Font(color="9C0006"),
        ),
    )
    sheet.freeze_panes = "A4"
    sheet.column_dimensions["A"].width = 13
    return book


SAMPLES = {"budget": budget, "sales": sales, "project-plan": project_plan, "meter": meter}

_FORMULA_CELL = re.compile(r'<c r="([A-Z]+)([0-9]+)"((?: s="[0-9]+")?)><f>(.*?)</f><v\s*/?>(?:</v>)?</c>')


def build(make: Any) -> bytes:
    """The bytes of a sample: openpyxl's parts, formualizer's results beside the formulas, a fixed date."""
    book = make()
    book.properties.created = book.properties.modified = MADE
    book.properties.creator = "Cellwright samples"
    saved = io.BytesIO()
    book.save(saved)
    engine = formualizer.load_workbook_bytes(saved.getvalue())
    engine.set_deterministic_clock(MADE.replace(tzinfo=datetime.UTC))
    engine.evaluate_all()
    out = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if (number := re.fullmatch(r"xl/worksheets/sheet([0-9]+)\.xml", name)) is not None:
                title = book.sheetnames[int(number[1]) - 1]
                text = with_results(text.decode(), title, engine).encode()
            elif name == "docProps/core.xml":
                stamp = MADE.strftime("%Y-%m-%dT%H:%M:%SZ")
                text = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp.encode(), text)
            member = zipfile.ZipInfo(name, MADE.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, text)
    return out.getvalue()


def with_results(sheet_xml: str, title: str, engine: Any) -> str:
    """The sheet's XML with a result in every formula cell."""

    def cell(match: re.Match[str]) -> str:
        letters, digits, style, formula = match.groups()
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        kind, value = result(engine.get_value(title, int(digits), column))
        return f'<c r="{letters}{digits}"{style}{kind}><f>{formula}</f><v>{escape(value)}</v></c>'

    made, count = _FORMULA_CELL.subn(cell, sheet_xml)
    assert count == sheet_xml.count("<f>"), f"{title}: a formula without a result"
    return made


def result(value: Any) -> tuple[str, str]:
    """A value as the type attribute and the text of a cell."""
    if isinstance(value, bool):
        return ' t="b"', str(int(value))
    if isinstance(value, (int, float)):
        return "", repr(float(value)).removesuffix(".0")
    if isinstance(value, (datetime.date, datetime.datetime)):
        day = datetime.date(value.year, value.month, value.day)
        return "", str((day - datetime.date(1899, 12, 30)).days)
    if isinstance(value, dict):
        return ' t="e"', {"Div": "#DIV/0!", "Na": "#N/A", "Ref": "#REF!"}[value["kind"]]
    assert isinstance(value, str), value
    return ' t="str"', value


def main(folder: Path) -> None:
    """Write every sample into `folder`."""
    for name, make in SAMPLES.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(build(make))
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
