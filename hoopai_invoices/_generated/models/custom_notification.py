"""Generated: do not edit."""

from __future__ import annotations

from typing import ClassVar

from attrs import define

from ..._model import Field, Model
from .. import models


@define(kw_only=True, eq=False, repr=False)
class CustomNotification(Model):
    """The messages that the service sends by itself, to customers and to the team.

    Attributes:
        customer_send_invoice: One message that the service sends by itself.
        customer_send_payment_schedule: One message that the service sends by itself.
        customer_send_estimate: One message that the service sends by itself.
        customer_payment_success: One message that the service sends by itself.
        customer_payment_failure: One message that the service sends by itself.
        customer_auto_payment_success: One message that the service sends by itself.
        customer_auto_payment_failure: One message that the service sends by itself.
        customer_auto_payment_info: One message that the service sends by itself.
        customer_auto_payment_amount_changed: One message that the service sends by itself.
        team_payment_success: One message that the service sends by itself.
        team_payment_failure: One message that the service sends by itself.
        team_auto_payment_success: One message that the service sends by itself.
        team_auto_payment_failure: One message that the service sends by itself.
        team_auto_payment_skip: One message that the service sends by itself.
        team_recurring_send_invoice_failed: One message that the service sends by itself.
        team_estimate_accepted: One message that the service sends by itself.
        team_estimate_declined: One message that the service sends by itself.
    """

    _role: ClassVar[str] = "answer"

    customer_send_invoice: models.NotificationItem | None = None
    customer_send_payment_schedule: models.NotificationItem | None = None
    customer_send_estimate: models.NotificationItem | None = None
    customer_payment_success: models.NotificationItem | None = None
    customer_payment_failure: models.NotificationItem | None = None
    customer_auto_payment_success: models.NotificationItem | None = None
    customer_auto_payment_failure: models.NotificationItem | None = None
    customer_auto_payment_info: models.NotificationItem | None = None
    customer_auto_payment_amount_changed: models.NotificationItem | None = None
    team_payment_success: models.NotificationItem | None = None
    team_payment_failure: models.NotificationItem | None = None
    team_auto_payment_success: models.NotificationItem | None = None
    team_auto_payment_failure: models.NotificationItem | None = None
    team_auto_payment_skip: models.NotificationItem | None = None
    team_recurring_send_invoice_failed: models.NotificationItem | None = None
    team_estimate_accepted: models.NotificationItem | None = None
    team_estimate_declined: models.NotificationItem | None = None

    _fields: ClassVar[tuple[Field, ...]] = (
        Field("customer_send_invoice", "customerSendInvoice", "NotificationItem"),
        Field("customer_send_payment_schedule", "customerSendPaymentSchedule", "NotificationItem"),
        Field("customer_send_estimate", "customerSendEstimate", "NotificationItem"),
        Field("customer_payment_success", "customerPaymentSuccess", "NotificationItem"),
        Field("customer_payment_failure", "customerPaymentFailure", "NotificationItem"),
        Field("customer_auto_payment_success", "customerAutoPaymentSuccess", "NotificationItem"),
        Field("customer_auto_payment_failure", "customerAutoPaymentFailure", "NotificationItem"),
        Field("customer_auto_payment_info", "customerAutoPaymentInfo", "NotificationItem"),
        Field(
            "customer_auto_payment_amount_changed",
            "customerAutoPaymentAmountChanged",
            "NotificationItem",
        ),
        Field("team_payment_success", "teamPaymentSuccess", "NotificationItem"),
        Field("team_payment_failure", "teamPaymentFailure", "NotificationItem"),
        Field("team_auto_payment_success", "teamAutoPaymentSuccess", "NotificationItem"),
        Field("team_auto_payment_failure", "teamAutoPaymentFailure", "NotificationItem"),
        Field("team_auto_payment_skip", "teamAutoPaymentSkip", "NotificationItem"),
        Field(
            "team_recurring_send_invoice_failed",
            "teamRecurringSendInvoiceFailed",
            "NotificationItem",
        ),
        Field("team_estimate_accepted", "teamEstimateAccepted", "NotificationItem"),
        Field("team_estimate_declined", "teamEstimateDeclined", "NotificationItem"),
    )
