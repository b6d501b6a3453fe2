import Type from "typebox";
import { type Route, route } from "../../http/route.ts";
import type { HandoverContext } from "../context.ts";
import { cancelRotation, completeRotation } from "./complete-or-cancel.ts";
import { confirmSource } from "./confirm-source.ts";
import { getRotation, listRotations } from "./read.ts";
import { revokePreview } from "./revoke-preview.ts";
import { rotateKey, rotateKeyForHandover } from "./rotate.ts";
import {
	CancelInput,
	CompleteInput,
	ListQuery,
	RevokePreview,
	Rotated,
	RotatedForHandover,
	RotateInput,
	RotationEnded,
	RotationPage,
	RotationSchema,
} from "./schema.ts";

export const managementRotationRoutes: readonly Route<HandoverContext>[] = [
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/rotate",
		access: "admin",
		confirm: true,
		summary: "Start a rotation; the new raw key, or the one-time link for its recipient, is only in this response",
		status: 201,
		body: RotateInput,
		output: Type.Union([Rotated, RotatedForHandover]),
		run: (context: HandoverContext, { handover, ...input }) =>
			handover === undefined ? rotateKey(context, input) : rotateKeyForHandover(context, { ...input, handover }),
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/rotations",
		access: "viewer",
		summary: "List the rotations of a key, the latest first",
		status: 200,
		query: ListQuery,
		output: RotationPage,
		reads_usage: true,
		run: listRotations,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/rotations/:rotation_id",
		access: "viewer",
		summary: "Read a rotation: its five steps, and the sources that use each secret",
		status: 200,
		output: RotationSchema,
		reads_usage: true,
		run: getRotation,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/rotations/:rotation_id/complete",
		access: "admin",
		summary: "Complete a rotation: the old secret ends; no node accepts it after this response",
		status: 200,
		while_suspended: true,
		body: CompleteInput,
		output: RotationEnded,
		reads_usage: "unless_forced",
		run: completeRotation,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/rotations/:rotation_id/cancel",
		access: "admin",
		summary: "Cancel a rotation: the old secret continues to work, and no node accepts the new one after this response",
		status: 200,
		while_suspended: true,
		body: CancelInput,
		output: RotationEnded,
		reads_usage: "unless_forced",
		run: cancelRotation,
	}),
	route({
		method: "POST",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/rotations/:rotation_id/sources/:source_id/confirm",
		access: "admin",
		summary: "Confirm that every program behind an indistinguishable source has the new secret; void if the old one is seen there again",
		status: 200,
		output: RotationSchema,
		run: confirmSource,
	}),
	route({
		method: "GET",
		path: "/api/v1/tenants/:tenant_id/api-keys/:key_id/revoke-preview",
		access: "viewer",
		summary: "What would stop working if the key were revoked now",
		status: 200,
		output: RevokePreview,
		reads_usage: true,
		run: revokePreview,
	}),
];
