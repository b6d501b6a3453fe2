import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../http/api.ts";
import type { ApiProfile } from "./queries.ts";
import { faultsFrom, inputFrom, valuesFrom } from "./values.ts";

const PROFILE: ApiProfile = {
	product_name: "Orderly",
	api_base_url: "https://api.orderly.example",
	check_request: { method: "GET", path: "/v1/check" },
	support_url: null,
	status_url: null,
	upgrade_url: null,
	documentation_url: "https://docs.orderly.example",
	error_base_url: "https://keys.orderly.example/problems",
	logo_url: null,
	accent_color: "#0f766e",
};

test("a profile that is edited without a change is sent as it is, and an emptied field takes its default", () => {
	deepEqual(inputFrom(valuesFrom(PROFILE)), PROFILE);
	const { product_name, check_request } = inputFrom({ ...valuesFrom(PROFILE), product_name: " ", check_path: "" });
	deepEqual([product_name, check_request], [null, null]);
});

test("the server's errors are shown at their fields", () => {
	const errors = [
		{ pointer: "/check_request/path", detail: "must begin with a single /" },
		{ pointer: "/accent_color", detail: "is too light" },
	];
	const refused = new ApiError({ code: "invalid_request", title: "", detail: "", status: 400, request_id: null, errors, members: {} });
	deepEqual(faultsFrom(refused), { check_path: "It must begin with a single /.", accent_color: "It is too light." });
	deepEqual(faultsFrom(new Error("other")), {});
});
