"""Asks the reference library of Standard Webhooks whether messages are signed.

Reads a JSON object a line, {"secret", "headers", "body"}, and writes a line for each: `signed`, or why it
is not believed.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    message = json.loads(line)
    try:
        Webhook(message["secret"]).verify(message["body"], message["headers"])
        print("signed")
    except WebhookVerificationError as error:
        print(error)
