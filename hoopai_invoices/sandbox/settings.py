"""The invoice settings of a location: the same for every one, as after signing up."""

from __future__ import annotations

from typing import Any

from .call import Answer, Call, Handler

__all__ = ["DUE_AFTER_DAYS", "HANDLERS", "NUMBER_PREFIX", "TITLE"]

TITLE = "INVOICE"
NUMBER_PREFIX = "INV-"
DUE_AFTER_DAYS = 30

_NOTIFICATIONS = (
    "customerSendInvoice",
    "teamPaymentSuccess",
    "customerPaymentSuccess",
    "teamAutoPaymentSuccess",
    "customerAutoPaymentSuccess",
    "teamPaymentFailure",
    "customerPaymentFailure",
    "teamAutoPaymentFailure",
    "customerAutoPaymentFailure",
    "customerAutoPaymentInfo",
    "customerAutoPaymentAmountChanged",
    "teamAutoPaymentSkip",
    "teamRecurringSendInvoiceFailed",
    "customerSendEstimate",
    "teamEstimateAccepted",
    "teamEstimateDeclined",
    "customerSendPaymentSchedule",
)


def _get(call: Call) -> Answer:
    settings: dict[str, Any] = {
        "altId": call.location.id,
        "altType": "location",
        "title": TITLE,
        "termsNote": "",
        "invoiceNumberPrefix": NUMBER_PREFIX,
        "dueAfterXDays": DUE_AFTER_DAYS,
        "estimatesTitle": "ESTIMATE",
        "estimatesTermsNote": "",
        "estimateNumberPrefix": "EST-",
        "estimatesExpireAfterXDays": 30,
        "minimumPercentagePartialPayment": 25,
        "customFields": [],
        "customNotification": {
            name: {"enabled": True, "emailTemplate": "", "smsTemplate": ""}
            for name in _NOTIFICATIONS
        },
        "businessDetails": {"name": "Example Business"},
        "senderConfiguration": {"fromName": "Example Business", "fromEmail": "billing@example.com"},
        "productSettings": {"enableImportProductDescription": True, "descriptionOptional": True},
        "reminderSettings": {"defaultEmailTemplateId": "", "reminders": []},
        "lateFeesConfiguration": {},
        "tipsConfiguration": {"tipsEnabled": False, "tipsPercentage": [5, 10, 15]},
        "paymentMethods": {"stripe": {"enableBankDebitOnly": False}},
    }
    return Answer(200, settings)


HANDLERS: dict[str, Handler] = {"invoices_get_settings": _get}
