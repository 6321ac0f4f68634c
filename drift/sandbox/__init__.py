"""A gateway in memory, to test pipelines against: the groups API with its rules, and faults on request.

Nothing is imported here, so that each use pays only for what it needs::

    from drift.sandbox.seeding import seed
    from drift.sandbox.server import serve
    from drift.sandbox.world import World

    world = World(clock=clock)
    seed(world, groups)
    with serve(world) as served:
        ...  # requests to served.url, with the key drift.sandbox.world.DEFAULT_KEY

:mod:`drift.sandbox.wire` has the shapes of the API, :mod:`drift.sandbox.rules` its rules, written from its
documentation alone, and :mod:`drift.sandbox.world` answers requests without any network.
:mod:`drift.sandbox.faults` spoils answers, and :mod:`drift.sandbox.server` delivers them over HTTP.

It serves get, list, create, update, delete and usage of groups. API keys of groups, endpoints and events are
not part of it: their paths answer 404.
"""
