"""From rows to a ``Roster``: every rule a roster has to keep, each mistake told once with its place."""

from __future__ import annotations

from dataclasses import dataclass

from bot.roster.columns import TABLES, Column, Kind
from bot.roster.names import Names, name_fault, unpacked
from bot.roster.rows import Cell, Findings, Row, Sheets, Where, quoted, trimmed
from domain.places import Building, Community, Duties, Grid, Group, Person, Roster


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with its values by ``Column.key``, trimmed, each with its place; absent where there are none."""

    where: Where
    values: dict[str, tuple[tuple[str, Where], ...]]

    def one(self, key: str) -> str:
        """The value of a column that holds one, or ""."""
        return next((value for value, _ in self.values.get(key, ())), "")

    def many(self, key: str) -> tuple[str, ...]:
        """All values of a column."""
        return tuple(value for value, _ in self.values.get(key, ()))

    def place(self, key: str) -> Where:
        """Where a column's first value stands, else the row."""
        return next((where for _, where in self.values.get(key, ())), self.where)


def checked(sheets: Sheets) -> Roster | None:
    """The roster, or None when ``sheets.findings`` has mistakes; warnings are added to the findings."""
    return _Check(sheets).roster()


class _Check:
    """One run over one file. Kinds are read in the order in which they refer to each other."""

    def __init__(self, sheets: Sheets) -> None:
        self.sheets = sheets
        self.findings: Findings = sheets.findings
        self.names: dict[Kind, Names] = {kind: Names() for kind in Kind}
        self.entries: dict[Kind, list[Entry]] = {}

    def roster(self) -> Roster | None:
        for kind in Kind:
            self.entries[kind] = [self.entry(kind, row) for row in self.sheets.rows.get(kind, [])]
            if not self.entries[kind] and kind not in self.sheets.broken:
                self.findings.mistake(Where(), f"{self.sheets.kind_label(kind)} is missing or empty; a roster needs it")
        self.group_twins()
        self.group_grids()
        self.unused()
        return None if self.findings.mistakes else _built(self.entries)

    def say(self, kind: Kind, entry: Entry, where: Where, text: str) -> None:
        """Notes a mistake of an entry, which is named as far as it has a name."""
        ident = entry.one(TABLES[kind].ident.key)
        self.findings.mistake(where, f"{kind} {quoted(ident)}: {text}" if ident else f"{kind}: {text}")

    def entry(self, kind: Kind, row: Row) -> Entry:
        """The row's values, those of a wrong form left in so that nothing follows from them; names become known."""
        entry = Entry(row.where, {})
        for column in TABLES[kind].columns:
            cell = row.cells.get(column.key, Cell(row.where, None))
            values = self.values(column, cell)
            if values is None:
                continue
            if values:
                entry.values[column.key] = self.known(kind, entry, column, values)
            elif column.required:
                what = "is missing" if cell.value is None else "is empty"
                self.say(kind, entry, cell.where, f"{self.sheets.column_label(column)} {what}; every {kind} needs one")
        if kind is not Kind.GROUP and entry.one(TABLES[kind].ident.key):
            self.register(kind, entry)
        return entry

    def values(self, column: Column, cell: Cell) -> list[tuple[str, Where]] | None:
        """The values of a cell, trimmed, each with its place; None when the reader could not read it."""
        value = cell.value
        if value is None:
            return []
        if isinstance(value, list):
            return [(trimmed(item), where) for item, where in zip(value, cell.items, strict=True)]
        if not isinstance(value, str):
            return None
        if cell.packed and column.many:
            known: Names | tuple[str, ...] = self.names[column.refers] if column.refers else ()
            return [(item, cell.where) for item in unpacked(value, known)]
        return [(trimmed(value), cell.where)] if trimmed(value) else []

    def known(
        self, kind: Kind, entry: Entry, column: Column, values: list[tuple[str, Where]]
    ) -> tuple[tuple[str, Where], ...]:
        """The values that can stand, all others noted. A name of a wrong form stays, a reference to nothing goes."""
        label = self.sheets.column_label(column)
        found: dict[str, Where] = {}
        for value, where in values:
            if value in found:
                self.say(kind, entry, where, f"{label} names {quoted(value)} twice; once is enough")
            elif not value:
                self.say(kind, entry, where, f"{label} has an empty name in its list; delete it")
            elif column.refers is None:
                fault = name_fault(value, is_id=kind is Kind.STAFF and column.key == "id")
                if fault:
                    self.say(kind, entry, where, f"{label} {fault}")
                found[value] = where
            elif value in self.names[column.refers]:
                found[value] = where
            elif self.names[column.refers]:  # else the whole table is missing, which is one mistake
                is_not = "is nobody in" if column.duty else "is not in"
                mend = self.names[column.refers].guess(value, many=column.many)
                what = f"{label} {quoted(value)} {is_not} {self.sheets.kind_label(column.refers)}; {mend}"
                self.say(kind, entry, where, what)
        return tuple(found.items())

    def register(self, kind: Kind, entry: Entry) -> None:
        """Makes an entry known by its name, which no other of its kind may bear."""
        column = TABLES[kind].ident
        name, where = entry.one(column.key), entry.place(column.key)
        names = self.names[kind]
        twin = names.twin(name)
        if name in names:
            self.say(kind, entry, where, f"{self._label(column)} is already at {names.places[name].text}; keep one")
        elif twin is not None:
            differs = f"differs from {quoted(twin)} at {names.places[twin].text} only in case, width or spaces"
            self.say(kind, entry, where, f"{self._label(column)} {differs}; choose another")
        names.add(name, where)
        if kind is Kind.STAFF:
            names.also_called(name, entry.one("name"))

    def _label(self, column: Column) -> str:
        return self.sheets.column_label(column)

    def group_twins(self) -> None:
        """Groups of one topic need ids to be told apart, and no id may come twice."""
        topics: dict[str, Entry] = {}
        ids: dict[str, Entry] = {}
        for entry in self.entries[Kind.GROUP]:
            topic, group_id = entry.one("topic"), entry.one("id")
            other = ids.setdefault(group_id, entry) if group_id else entry
            if other is not entry:
                mend = f"id {quoted(group_id)} is already at {other.place('id').text}; every group has its own"
                self.say(Kind.GROUP, entry, entry.place("id"), mend)
            first = topics.setdefault(topic, entry) if topic else entry
            if first is not entry and not (group_id and first.one("id")):
                mend = f"topic is already at {first.place('topic').text}; give both groups an id to tell them apart"
                self.say(Kind.GROUP, entry, entry.place("topic"), mend)

    def group_grids(self) -> None:
        """All buildings of a group belong to one grid: one grid head answers for what is said in it."""
        grid_of = {entry.one("name"): entry.one("grid") for entry in self.entries[Kind.BUILDING]}
        for entry in self.entries[Kind.GROUP]:
            grids = list(dict.fromkeys(filter(None, (grid_of.get(name) for name in entry.many("building")))))
            if len(grids) > 1:
                what = f"its buildings belong to different grids ({', '.join(map(quoted, grids))})"
                mend = "a group has the buildings of one grid"
                self.say(Kind.GROUP, entry, entry.place("building"), f"{what}; {mend}")

    def unused(self) -> None:
        """Warns of entries that nothing refers to."""
        used: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        for kind, entries in self.entries.items():
            for column in TABLES[kind].columns:
                if column.refers:
                    used[column.refers].update(value for entry in entries for value in entry.many(column.key))
        for kind, text in _UNUSED.items():
            ident = TABLES[kind].ident.key
            for entry in self.entries[kind]:
                name = entry.one(ident)
                if name and name not in used[kind]:
                    self.findings.warn(entry.place(ident), f"{kind} {quoted(name)} {text}")


_UNUSED = {
    Kind.STAFF: "holds no duty",
    Kind.COMMUNITY: "has no grid",
    Kind.GRID: "has no building",
    Kind.BUILDING: "has no group; nobody in it is heard",
}


def _duties(kind: Kind, entry: Entry) -> Duties:
    columns = ((column.duty, entry.many(column.key)) for column in TABLES[kind].columns)
    return {duty: holders for duty, holders in columns if duty and holders}


def _built(entries: dict[Kind, list[Entry]]) -> Roster:
    return Roster(
        staff=tuple(Person(e.one("id"), e.one("name")) for e in entries[Kind.STAFF]),
        communities=tuple(Community(e.one("name"), _duties(Kind.COMMUNITY, e)) for e in entries[Kind.COMMUNITY]),
        grids=tuple(Grid(e.one("name"), e.one("community"), _duties(Kind.GRID, e)) for e in entries[Kind.GRID]),
        buildings=tuple(
            Building(e.one("name"), e.one("grid"), _duties(Kind.BUILDING, e)) for e in entries[Kind.BUILDING]
        ),
        groups=tuple(Group(e.one("topic"), e.many("building"), e.one("id") or None) for e in entries[Kind.GROUP]),
    )
