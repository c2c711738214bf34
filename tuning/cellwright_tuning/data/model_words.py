"""Words of calculation models: measures, units, conversions, notes, titles, sheet names."""

from __future__ import annotations

MEASURES = (
    "output", "demand", "cost", "price", "capacity", "emissions", "use", "share", "sales", "stock", "volume",
    "energy", "weight", "area", "hours", "revenue", "loss", "rate", "count", "mass", "income", "spending",
)  # fmt: skip
UNITS = ("kWh", "MWh", "BTU", "tonnes", "kg", "USD", "EUR", "km", "hours", "people", "m3", "litres", "GJ")
FACTORS = (
    "10^3", "10^6", "10^9", "1000", "100", "1000000", "365", "24", "8760", "12", "0.9", "3.6", "2", "0.5",
    "52", "10^12", "60", "0.001", "1.1", "2.2046", "0.2778",
)  # fmt: skip
CONVERSIONS = (
    "kWh per MWh", "BTU per kWh", "grams per tonne", "USD per EUR", "hours per year", "days per year",
    "2012 USD per 2018 USD", "litres per gallon", "km per mile", "kg per short ton", "share of total",
    "efficiency", "loss factor", "growth rate", "discount rate", "scaling factor", "people per household",
)  # fmt: skip
NOTES = (
    "Source: annual statistics, table 4", "Source: see link", "All figures are estimates", "Notes",
    "We assume the share stays constant", "Updated each spring", "The rest follows from the table below",
    "Figures before the first year are not available", "See the sheet with data", "Scenario: reference",
    "Adjusted for inflation", "This sheet is not used", "Preliminary", "Values in thousands",
)  # fmt: skip
TITLES = ("Inputs", "Calculations", "Data", "Assumptions", "Results", "Conversion", "Summary", "Table 1")
SHEETS = (
    "Data", "Calcs", "Calculations", "Raw", "Source data", "Prices", "Demand", "Conversions", "Shares",
    "Costs", "Stock", "Forecast", "Base year", "Table A1", "Survey", "Output", "Summary", "Growth",
    "Allocation", "Regional", "Scaling", "Efficiency", "Fuel use", "Population", "2020 data", "Inputs",
)  # fmt: skip
