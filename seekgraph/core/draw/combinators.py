"""How our own elements are drawn, each by an entry in the table."""

from __future__ import annotations

from typing import cast

from seekgraph.core.draw.drawing import DRAWINGS, Drawing, Part, Source, Spot, Wiring, called, side_by_side, step
from seekgraph.core.draw.text import gifts, param_text, said, setting_text
from seekgraph.core.language.combinators import BestOf, Call, Each, Fan, Loop, Pick, Redo, Route, Seq
from seekgraph.core.language.expr import channels
from seekgraph.core.language.node import Node
from seekgraph.core.language.params import Param
from seekgraph.core.language.reads import collected
from seekgraph.core.language.site import Site
from seekgraph.core.record.scoring import name_of

Values = dict[str, Param]
Have = frozenset[str]


class OfNode(Drawing):
    """A card."""

    row = False

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return ""

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        return step(wiring, site, sources, spot)


class OfSeq(Drawing):
    """Parts one below the other, in a box where the user named them."""

    row = False

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return called(site) if site.element.label and site.children else ""

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        if not site.children:
            wiring.node(site.path, "skip", "skip", sources, spot)
            return Part([site.path], [Source(site.path)], spot.have)
        first = part = wiring.part(site.children[0], sources, spot)
        for child in site.children[1:]:
            part = wiring.part(child, part.exits, spot._replace(have=part.have))
        return part._replace(entries=first.entries)


class OfFan(Drawing):
    """Parts side by side."""

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        return side_by_side([wiring.part(child, sources, spot) for child in site.children])


class OfEach(Drawing):
    """The body in a box that says what it goes through."""

    row = False

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return f"{called(site)}: {cast(Each, site.element).item} in {said(site, 'items', values)}"

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        part = wiring.part(site.children[0], sources, spot._replace(have=spot.have | {cast(Each, site.element).item}))
        return part._replace(have=spot.have | set(collected(site)))


class OfLoop(Drawing):
    """The body in a box, with the question below it from which an edge leads back."""

    row = False
    node = "after"

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return f"{called(site)}: at most {setting_text(site, 'max_rounds', values)} rounds"

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        before = set(wiring.graph)
        part = wiring.part(site.children[0], sources, spot)
        until = f"until {said(site, 'until', wiring.values)}"
        read = channels(cast(Loop, site.element).until)
        wiring.node(site.path, "until", until, part.exits, spot._replace(have=part.have), read)
        wiring.again(site, part, before, spot, part.have)  # what the round before has written is there
        return Part(part.entries, [Source(site.path)], part.have)


class OfRedo(Drawing):
    """The body in a box, with the score that is wanted below it from which an edge leads back."""

    row = False
    node = "after"

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return f"{called(site)}: at most {setting_text(site, 'at_most', values)} attempts"

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        before, element = set(wiring.graph), cast(Redo, site.element)
        part = wiring.part(site.children[0], sources, spot)
        score = f"{name_of(element.reward)} at least {setting_text(site, 'below', wiring.values)}"
        wiring.node(site.path, "redo", score, part.exits, spot._replace(have=part.have))
        for entry in part.entries:  # each attempt starts from the same state
            wiring.connect(Source(site.path, "back", "again"), entry, spot.have | {element.channel})
        wiring.again(site, Part([], [], spot.have), before, spot, frozenset({element.channel}))
        return Part(part.entries, [Source(site.path)], part.have)


class OfBestOf(Drawing):
    """The body in a box that says how many attempts there are."""

    row = False

    def caption(self, site: Site, values: Values, have: Have) -> str:
        reward = name_of(cast(BestOf, site.element).reward)
        return f"{called(site)}: {setting_text(site, 'n', values)} attempts, scored by {reward}"

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        part = wiring.part(site.children[0], sources, spot)
        return part._replace(have=spot.have | set(collected(site)))


class OfRoute(Drawing):
    """The question, and its branches side by side below it."""

    node = "before"

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return ""

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        route = cast(Route, site.element)
        title = f"route by {said(site, 'policy', wiring.values)}"
        wiring.node(site.path, "route", title, sources, spot, channels(route.policy))
        labels = [label + ("  (default)" if label == route.default else "") for label, _ in route.branches]
        forks = [Source(site.path, "branch", label) for label in labels]
        parts = [wiring.part(child, [fork], spot) for child, fork in zip(site.children, forks, strict=True)]
        return side_by_side(parts)._replace(entries=[site.path])


class OfPick(Drawing):
    """The options side by side, those that are not taken faded."""

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return f"{called(site)}: {param_text(values[site.slots['choice'][0]])}"

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        taken = wiring.values[site.slots["choice"][0]].value
        parts = []
        for (label, _), child in zip(site.element.parts_by_label, site.children, strict=True):
            options = [Source(source.node, "option", label) for source in sources]
            parts.append(wiring.part(child, options, spot._replace(chosen=spot.chosen and label == taken)))
        return side_by_side(parts)


class OfCall(Drawing):
    """The body in a box that says what it is given."""

    row = False

    def caption(self, site: Site, values: Values, have: Have) -> str:
        return f"{called(site)}: given {', '.join(gifts(site, have)) or 'nothing'}; returns a digest"

    def wire(self, wiring: Wiring, site: Site, sources: list[Source], spot: Spot) -> Part:
        part = wiring.part(site.children[0], sources, spot._replace(have=frozenset(gifts(site, spot.have))))
        return part._replace(have=spot.have | {"digests"})


DRAWINGS.update(
    {
        Node: OfNode(),
        Seq: OfSeq(),
        Fan: OfFan(),
        Each: OfEach(),
        Loop: OfLoop(),
        Redo: OfRedo(),
        BestOf: OfBestOf(),
        Route: OfRoute(),
        Pick: OfPick(),
        Call: OfCall(),
    }
)
