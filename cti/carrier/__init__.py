"""A second Asterisk that plays the telephone network and the agents' SIP phones, and its controller.

For `./thirdring up --demo`, `./thirdring call` and the integration tests: real SIP, real RTP.

- carrier: `Carrier`, the Asterisk and the connection to it; `dial` and `phone` are the way in
- caller:  `CallerCall`, one call to a hotline
- phone:   `Phone`, the phone of one seat
- timeline: what was seen when, and waiting for it

Everybody speaks a tone of an own pitch, and what everybody hears is recorded, so that a test can
tell who heard whom. Nothing here is part of the product's security perimeter: loopback only.
"""
