"""The models of the document, each imported when it is first named. Generated: do not edit."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .additional_email import AdditionalEmail
    from .address import Address
    from .alt_type import AltType
    from .attachment import Attachment
    from .auto_invoice import AutoInvoice
    from .auto_payment import AutoPayment
    from .bacs_direct_debit import BacsDirectDebit
    from .becs_direct_debit import BecsDirectDebit
    from .business_details import BusinessDetails
    from .card import Card
    from .cheque import Cheque
    from .contact_details import ContactDetails
    from .conversion_version import ConversionVersion
    from .currency_options import CurrencyOptions
    from .custom_notification import CustomNotification
    from .deposit_date_type import DepositDateType
    from .discount import Discount
    from .discount_type import DiscountType
    from .error_body import ErrorBody
    from .estimate import Estimate
    from .estimate_configuration import EstimateConfiguration
    from .estimate_create import EstimateCreate
    from .estimate_invoice_create import EstimateInvoiceCreate
    from .estimate_invoice_result import EstimateInvoiceResult
    from .estimate_item import EstimateItem
    from .estimate_list import EstimateList
    from .estimate_number import EstimateNumber
    from .estimate_send import EstimateSend
    from .estimate_status import EstimateStatus
    from .estimate_status_filter import EstimateStatusFilter
    from .estimate_template import EstimateTemplate
    from .estimate_template_create import EstimateTemplateCreate
    from .estimate_template_list import EstimateTemplateList
    from .estimate_template_update import EstimateTemplateUpdate
    from .estimate_update import EstimateUpdate
    from .estimate_visited import EstimateVisited
    from .frequency_settings import FrequencySettings
    from .grace_interval import GraceInterval
    from .interval_type import IntervalType
    from .invoice import Invoice
    from .invoice_create import InvoiceCreate
    from .invoice_item import InvoiceItem
    from .invoice_list import InvoiceList
    from .invoice_number import InvoiceNumber
    from .invoice_send import InvoiceSend
    from .invoice_send_result import InvoiceSendResult
    from .invoice_settings import InvoiceSettings
    from .invoice_status import InvoiceStatus
    from .invoice_update import InvoiceUpdate
    from .invoice_visited import InvoiceVisited
    from .late_fee_interval import LateFeeInterval
    from .late_fee_type import LateFeeType
    from .late_fees_configuration import LateFeesConfiguration
    from .late_fees_frequency import LateFeesFrequency
    from .late_fees_grace import LateFeesGrace
    from .late_fees_max import LateFeesMax
    from .late_fees_max_type import LateFeesMaxType
    from .late_fees_update import LateFeesUpdate
    from .line_item_type import LineItemType
    from .location_body import LocationBody
    from .month import Month
    from .notification_item import NotificationItem
    from .paid_charge import PaidCharge
    from .payment_methods import PaymentMethods
    from .payment_methods_update import PaymentMethodsUpdate
    from .payment_mode import PaymentMode
    from .payment_mode_filter import PaymentModeFilter
    from .payment_record import PaymentRecord
    from .payment_schedule import PaymentSchedule
    from .payment_schedule_config import PaymentScheduleConfig
    from .payment_schedule_date_config import PaymentScheduleDateConfig
    from .payment_schedule_row import PaymentScheduleRow
    from .payment_schedule_type import PaymentScheduleType
    from .processing_fee import ProcessingFee
    from .product_settings import ProductSettings
    from .record_payment_result import RecordPaymentResult
    from .recurrence_end import RecurrenceEnd
    from .recurrence_rule import RecurrenceRule
    from .reminder import Reminder
    from .reminder_condition import ReminderCondition
    from .reminder_settings import ReminderSettings
    from .reminder_time import ReminderTime
    from .reminders_configuration import RemindersConfiguration
    from .schedule import Schedule
    from .schedule_auto_payment import ScheduleAutoPayment
    from .schedule_create import ScheduleCreate
    from .schedule_date_type import ScheduleDateType
    from .schedule_list import ScheduleList
    from .schedule_options import ScheduleOptions
    from .schedule_start import ScheduleStart
    from .schedule_status import ScheduleStatus
    from .schedule_update import ScheduleUpdate
    from .schedule_update_and_start import ScheduleUpdateAndStart
    from .send_action import SendAction
    from .sender_configuration import SenderConfiguration
    from .sent_to import SentTo
    from .sepa_direct_debit import SepaDirectDebit
    from .sort_field import SortField
    from .sort_order import SortOrder
    from .stripe_payment_method import StripePaymentMethod
    from .success import Success
    from .tax import Tax
    from .tax_calculation import TaxCalculation
    from .template import Template
    from .template_create import TemplateCreate
    from .template_list import TemplateList
    from .template_update import TemplateUpdate
    from .text_2_pay import Text2Pay
    from .text_2_pay_action import Text2PayAction
    from .text_2_pay_result import Text2PayResult
    from .tips_configuration import TipsConfiguration
    from .total_summary import TotalSummary
    from .us_bank_account import UsBankAccount
    from .weekday import Weekday

__all__ = [
    "AdditionalEmail",
    "Address",
    "AltType",
    "Attachment",
    "AutoInvoice",
    "AutoPayment",
    "BacsDirectDebit",
    "BecsDirectDebit",
    "BusinessDetails",
    "Card",
    "Cheque",
    "ContactDetails",
    "ConversionVersion",
    "CurrencyOptions",
    "CustomNotification",
    "DepositDateType",
    "Discount",
    "DiscountType",
    "ErrorBody",
    "Estimate",
    "EstimateConfiguration",
    "EstimateCreate",
    "EstimateInvoiceCreate",
    "EstimateInvoiceResult",
    "EstimateItem",
    "EstimateList",
    "EstimateNumber",
    "EstimateSend",
    "EstimateStatus",
    "EstimateStatusFilter",
    "EstimateTemplate",
    "EstimateTemplateCreate",
    "EstimateTemplateList",
    "EstimateTemplateUpdate",
    "EstimateUpdate",
    "EstimateVisited",
    "FrequencySettings",
    "GraceInterval",
    "IntervalType",
    "Invoice",
    "InvoiceCreate",
    "InvoiceItem",
    "InvoiceList",
    "InvoiceNumber",
    "InvoiceSend",
    "InvoiceSendResult",
    "InvoiceSettings",
    "InvoiceStatus",
    "InvoiceUpdate",
    "InvoiceVisited",
    "LateFeeInterval",
    "LateFeesConfiguration",
    "LateFeesFrequency",
    "LateFeesGrace",
    "LateFeesMax",
    "LateFeesMaxType",
    "LateFeesUpdate",
    "LateFeeType",
    "LineItemType",
    "LocationBody",
    "Month",
    "NotificationItem",
    "PaidCharge",
    "PaymentMethods",
    "PaymentMethodsUpdate",
    "PaymentMode",
    "PaymentModeFilter",
    "PaymentRecord",
    "PaymentSchedule",
    "PaymentScheduleConfig",
    "PaymentScheduleDateConfig",
    "PaymentScheduleRow",
    "PaymentScheduleType",
    "ProcessingFee",
    "ProductSettings",
    "RecordPaymentResult",
    "RecurrenceEnd",
    "RecurrenceRule",
    "Reminder",
    "ReminderCondition",
    "RemindersConfiguration",
    "ReminderSettings",
    "ReminderTime",
    "Schedule",
    "ScheduleAutoPayment",
    "ScheduleCreate",
    "ScheduleDateType",
    "ScheduleList",
    "ScheduleOptions",
    "ScheduleStart",
    "ScheduleStatus",
    "ScheduleUpdate",
    "ScheduleUpdateAndStart",
    "SendAction",
    "SenderConfiguration",
    "SentTo",
    "SepaDirectDebit",
    "SortField",
    "SortOrder",
    "StripePaymentMethod",
    "Success",
    "Tax",
    "TaxCalculation",
    "Template",
    "TemplateCreate",
    "TemplateList",
    "TemplateUpdate",
    "Text2Pay",
    "Text2PayAction",
    "Text2PayResult",
    "TipsConfiguration",
    "TotalSummary",
    "UsBankAccount",
    "Weekday",
]

_MODULES = {
    "AdditionalEmail": ".additional_email",
    "Address": ".address",
    "AltType": ".alt_type",
    "Attachment": ".attachment",
    "AutoInvoice": ".auto_invoice",
    "AutoPayment": ".auto_payment",
    "BacsDirectDebit": ".bacs_direct_debit",
    "BecsDirectDebit": ".becs_direct_debit",
    "BusinessDetails": ".business_details",
    "Card": ".card",
    "Cheque": ".cheque",
    "ContactDetails": ".contact_details",
    "ConversionVersion": ".conversion_version",
    "CurrencyOptions": ".currency_options",
    "CustomNotification": ".custom_notification",
    "DepositDateType": ".deposit_date_type",
    "Discount": ".discount",
    "DiscountType": ".discount_type",
    "ErrorBody": ".error_body",
    "Estimate": ".estimate",
    "EstimateConfiguration": ".estimate_configuration",
    "EstimateCreate": ".estimate_create",
    "EstimateInvoiceCreate": ".estimate_invoice_create",
    "EstimateInvoiceResult": ".estimate_invoice_result",
    "EstimateItem": ".estimate_item",
    "EstimateList": ".estimate_list",
    "EstimateNumber": ".estimate_number",
    "EstimateSend": ".estimate_send",
    "EstimateStatus": ".estimate_status",
    "EstimateStatusFilter": ".estimate_status_filter",
    "EstimateTemplate": ".estimate_template",
    "EstimateTemplateCreate": ".estimate_template_create",
    "EstimateTemplateList": ".estimate_template_list",
    "EstimateTemplateUpdate": ".estimate_template_update",
    "EstimateUpdate": ".estimate_update",
    "EstimateVisited": ".estimate_visited",
    "FrequencySettings": ".frequency_settings",
    "GraceInterval": ".grace_interval",
    "IntervalType": ".interval_type",
    "Invoice": ".invoice",
    "InvoiceCreate": ".invoice_create",
    "InvoiceItem": ".invoice_item",
    "InvoiceList": ".invoice_list",
    "InvoiceNumber": ".invoice_number",
    "InvoiceSend": ".invoice_send",
    "InvoiceSendResult": ".invoice_send_result",
    "InvoiceSettings": ".invoice_settings",
    "InvoiceStatus": ".invoice_status",
    "InvoiceUpdate": ".invoice_update",
    "InvoiceVisited": ".invoice_visited",
    "LateFeeInterval": ".late_fee_interval",
    "LateFeeType": ".late_fee_type",
    "LateFeesConfiguration": ".late_fees_configuration",
    "LateFeesFrequency": ".late_fees_frequency",
    "LateFeesGrace": ".late_fees_grace",
    "LateFeesMax": ".late_fees_max",
    "LateFeesMaxType": ".late_fees_max_type",
    "LateFeesUpdate": ".late_fees_update",
    "LineItemType": ".line_item_type",
    "LocationBody": ".location_body",
    "Month": ".month",
    "NotificationItem": ".notification_item",
    "PaidCharge": ".paid_charge",
    "PaymentMethods": ".payment_methods",
    "PaymentMethodsUpdate": ".payment_methods_update",
    "PaymentMode": ".payment_mode",
    "PaymentModeFilter": ".payment_mode_filter",
    "PaymentRecord": ".payment_record",
    "PaymentSchedule": ".payment_schedule",
    "PaymentScheduleConfig": ".payment_schedule_config",
    "PaymentScheduleDateConfig": ".payment_schedule_date_config",
    "PaymentScheduleRow": ".payment_schedule_row",
    "PaymentScheduleType": ".payment_schedule_type",
    "ProcessingFee": ".processing_fee",
    "ProductSettings": ".product_settings",
    "RecordPaymentResult": ".record_payment_result",
    "RecurrenceEnd": ".recurrence_end",
    "RecurrenceRule": ".recurrence_rule",
    "Reminder": ".reminder",
    "ReminderCondition": ".reminder_condition",
    "ReminderSettings": ".reminder_settings",
    "ReminderTime": ".reminder_time",
    "RemindersConfiguration": ".reminders_configuration",
    "Schedule": ".schedule",
    "ScheduleAutoPayment": ".schedule_auto_payment",
    "ScheduleCreate": ".schedule_create",
    "ScheduleDateType": ".schedule_date_type",
    "ScheduleList": ".schedule_list",
    "ScheduleOptions": ".schedule_options",
    "ScheduleStart": ".schedule_start",
    "ScheduleStatus": ".schedule_status",
    "ScheduleUpdate": ".schedule_update",
    "ScheduleUpdateAndStart": ".schedule_update_and_start",
    "SendAction": ".send_action",
    "SenderConfiguration": ".sender_configuration",
    "SentTo": ".sent_to",
    "SepaDirectDebit": ".sepa_direct_debit",
    "SortField": ".sort_field",
    "SortOrder": ".sort_order",
    "StripePaymentMethod": ".stripe_payment_method",
    "Success": ".success",
    "Tax": ".tax",
    "TaxCalculation": ".tax_calculation",
    "Template": ".template",
    "TemplateCreate": ".template_create",
    "TemplateList": ".template_list",
    "TemplateUpdate": ".template_update",
    "Text2Pay": ".text_2_pay",
    "Text2PayAction": ".text_2_pay_action",
    "Text2PayResult": ".text_2_pay_result",
    "TipsConfiguration": ".tips_configuration",
    "TotalSummary": ".total_summary",
    "UsBankAccount": ".us_bank_account",
    "Weekday": ".weekday",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        module = _MODULES.get(name)
        if module is None:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        from importlib import import_module

        found = globals()[name] = getattr(import_module(module, __name__), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
