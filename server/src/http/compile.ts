/**
 * Compiles a route's schemas when it is first called. Compiling those of all routes took a fifth of the CPU time of a start;
 * `every-route.test.ts` compiles every one.
 */
import buildSerializers from "@fastify/fast-json-stringify-compiler";
import type { FastifySchemaCompiler, FastifySerializerCompiler } from "fastify";
import type { TSchema } from "typebox";
import { compileValidator } from "./input/validation.ts";

export const compileSerializer = buildSerializers()();

interface Validate {
	(input: unknown): unknown;
	errors?: unknown;
}

export const validatorOnFirstUse: FastifySchemaCompiler<TSchema> = (route) => {
	let compiled: Validate | null = null;
	const validate: Validate = (input) => {
		compiled ??= compileValidator(route) as Validate;
		const result = compiled(input);
		validate.errors = compiled.errors;
		return result;
	};
	return validate as ReturnType<typeof compileValidator>;
};

export const serializerOnFirstUse: FastifySerializerCompiler<TSchema> = ({ schema, method, url, httpStatus }) => {
	let serialize: ((data: unknown) => string) | null = null;
	return (data) => {
		serialize ??= compileSerializer({ schema, method, url, httpStatus: httpStatus ?? "" });
		return serialize(data);
	};
};
