"""The order in which services start, from what each one needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from devserve.config.values import Service
from devserve.errors import ServiceError


def start_order(services: Sequence[Service]) -> Mapping[str, tuple[str, ...]]:
    """Return the services' labels in an order to start them, each with those that must be ready before it.

    Services that do not depend on each other keep the order they were given in.

    Raises ServiceError when a service needs one that is not there, or when services need each other in a circle.
    """
    needs = {service.label: service.needs for service in services}
    for name, needed in needs.items():
        for missing in [need for need in needed if need not in needs]:
            raise ServiceError(
                f'{name}: it needs "{missing}", which is not started here. '
                f"Add [services.{missing}], or take it out of [services.{name}] needs."
            )
    return {name: needs[name] for name in _sorted(needs)}


def dependents(order: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Return for each service those that need it, themselves or through others, in the order to start them.

    `order` is what `start_order` returned.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in order:
        affected = {name}
        for later, needs in order.items():
            if affected.intersection(needs):
                affected.add(later)
        found[name] = tuple(later for later in order if later in affected and later != name)
    return found


def _sorted(needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    positions = {name: position for position, name in enumerate(needs)}
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))  # graphlib lists each node before the one that needs it
        raise ServiceError(
            f"{circle[0]}: services need each other in a circle ({' needs '.join(circle)}), so none can be first. "
            f"Take one of them out of its needs."
        ) from error
    names: list[str] = []
    while sorter.is_active():
        batch = sorted(sorter.get_ready(), key=positions.__getitem__)
        names += batch
        sorter.done(*batch)
    return names
