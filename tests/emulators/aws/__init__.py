"""AWS: moto, and before it what moto leaves out or gets wrong (`app.OPERATIONS`), in the words of the service models.

Not emulated: signatures, permissions, stopped machines, spot requests as things of their own, fleets that are not
instant, and what becomes of the volumes of an ended machine. Prices, stock and offers are made up.
"""
