"""The routes of the Django project of `test_frameworks.py`."""

from django.http import JsonResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View

from keywright.django import guarded, unguarded

REACHED = []


def orders(request, tenant_id):
    REACHED.append(tenant_id)
    return JsonResponse({"orders_of": request.keywright.tenant.id})


def spanning(_request, tenant_id):
    REACHED.append(tenant_id)
    return JsonResponse({})


async def later(request, tenant_id):
    return orders(request, tenant_id)


@method_decorator(guarded(permission="orders:read"), name="dispatch")
class OfAClass(View):
    def get(self, _request):
        REACHED.append("class")
        return JsonResponse({})


@unguarded
def free(_request):
    return JsonResponse({})


RULES = {"tenant": lambda r: r.param("tenant_id"), "permission": "orders:read"}

urlpatterns = [
    path("tenants/<tenant_id>/orders", guarded(**RULES)(orders)),
    path("later/<tenant_id>", guarded(**RULES)(later)),
    path("class", OfAClass.as_view()),
    path("spanning/<path:tenant_id>", guarded(**RULES)(spanning)),
    path("free", free),
    path("by-middleware/tenants/<tenant_id>/orders", orders),
    path("by-middleware/spanning/<path:tenant_id>", spanning),
    path("forgotten", spanning, {"tenant_id": "acme"}),
]
