"""Which partners sit down together over a medium matter: 一格一警一调 and the property, by category."""

from __future__ import annotations

from domain.words import Category as C
from domain.words import Duty

_STEWARD = (Duty.PROPERTY_STEWARD,)
_QUARREL = (Duty.MEDIATOR, Duty.POLICE)

PARTNERS: dict[C, tuple[Duty, ...]] = {
    C.NEIGHBOUR: _QUARREL,
    C.NOISE: (*_STEWARD, *_QUARREL),
    C.PETS: (*_STEWARD, Duty.POLICE),
    C.PARKING: (*_STEWARD, Duty.POLICE),
    C.SECURITY: (Duty.POLICE, *_STEWARD),
    C.FALLING: (*_STEWARD, Duty.POLICE),
    C.FIRE: (*_STEWARD, Duty.POLICE),
    C.EV_CHARGING: (*_STEWARD, Duty.POLICE),
    C.LEAK: (*_STEWARD, Duty.MEDIATOR),
    C.FUMES: (*_STEWARD, Duty.MEDIATOR),
    C.CONSTRUCTION: (*_STEWARD, Duty.MEDIATOR),
    C.PROPERTY_SERVICE: (*_STEWARD, Duty.MEDIATOR),
    C.CARE: (Duty.DELEGATE, Duty.POLICE),
    C.CONSULT: (Duty.DELEGATE,),
}
"""Categories not named here are works on the house and its surroundings: the property alone."""


def partners_of(category: C) -> tuple[Duty, ...]:
    """The partners for a medium matter of a category."""
    return PARTNERS.get(category, _STEWARD)
