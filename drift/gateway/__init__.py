"""What the server says: a read-only client for gateway groups, and the plan of what to ask it.

``drift.gateway.source.GatewaySource`` is the way in. Nothing is imported here, so that commands which
touch no network load no HTTP library.
"""
