"""Figures as they are reported: ratios of interleaved rounds, with quartiles, held against a bar."""

import dataclasses
import statistics


def quartiles(values):
    """(first quartile, median, third quartile); of one value, that value three times."""
    if len(values) < 2:
        return (values[0],) * 3
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


@dataclasses.dataclass
class Figure:
    """One line of the report. `values` has one for each round; the median is held against the bar."""

    name: str
    values: list
    bar: float
    at_least: bool = False  # else: at most
    unit: str = "x"
    details: dict = dataclasses.field(default_factory=dict)  # what the ratio was made of

    @property
    def median(self):
        return quartiles(self.values)[1]

    @property
    def met(self):
        return self.median >= self.bar if self.at_least else self.median <= self.bar

    def line(self):
        low, middle, high = (f"{value:.3g}" for value in quartiles(self.values))
        sign, mark = (">=" if self.at_least else "<="), ("met" if self.met else "MISSED")
        details = ", ".join(f"{name} {value:.4g}" for name, value in self.details.items())
        return f"{self.name:34} {middle:>8} {self.unit:4} [{low} .. {high}]   bar {sign} {self.bar:g}: {mark}   {details}"

    def record(self):
        low, middle, high = quartiles(self.values)
        return {"median": middle, "q1": low, "q3": high, "rounds": len(self.values), "unit": self.unit, "bar": self.bar,
                "met": self.met, **self.details}
