"""The invoice settings of a location: as after signing up, and read only."""

from __future__ import annotations

from typing import Any

from ..call import Answer, Call, Handler

__all__ = ["HANDLERS", "NUMBER_PREFIX", "TITLE"]

TITLE = "INVOICE"
NUMBER_PREFIX = "INV-"

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

_REMINDER = {
    "enabled": False,
    "emailTemplate": "default",
    "smsTemplate": "default",
    "emailSubject": "Reminder",
    "reminderId": "9333e45f-a27d-4659-90e5-76c5ef06d094",
    "reminderName": "Three days late",
    "reminderTime": "after",
    "intervalType": "daily",
    "maxReminders": 1,
    "reminderInvoiceCondition": "invoice_overdue",
    "reminderNumber": 3,
    "reminderStatus": "inactive",
}


def _get(call: Call) -> Answer:
    location = call.location
    settings: dict[str, Any] = {
        "altId": location.id,
        "altType": "location",
        "title": TITLE,
        "termsNote": "",
        "invoiceNumberPrefix": NUMBER_PREFIX,
        "dueAfterXDays": location.due_after_days,
        "estimatesTitle": "ESTIMATE",
        "estimatesTermsNote": "",
        "estimateNumberPrefix": "EST-",
        "estimatesExpireAfterXDays": 30,
        "minimumPercentagePartialPayment": location.minimum_partial_percentage,
        "customFields": [],
        "customNotification": {
            name: {"enabled": True, "emailTemplate": "", "smsTemplate": ""}
            for name in _NOTIFICATIONS
        },
        "businessDetails": {"name": location.name},
        "senderConfiguration": {"fromName": location.name, "fromEmail": "billing@example.com"},
        "productSettings": {"enableImportProductDescription": True, "descriptionOptional": True},
        "reminderSettings": {"defaultEmailTemplateId": "", "reminders": [_REMINDER]},
        "lateFeesConfiguration": {},
        "tipsConfiguration": {"tipsEnabled": False, "tipsPercentage": [5, 10, 15]},
        "paymentMethods": {"stripe": {"enableBankDebitOnly": False}},
        "createdAt": location.created,
        "updatedAt": location.created,
    }
    return Answer(200, settings)


HANDLERS: dict[str, Handler] = {"invoices_get_settings": _get}
