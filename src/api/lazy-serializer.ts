import SerializerSelector from '@fastify/fast-json-stringify-compiler';

const buildCompiler = SerializerSelector();

/**
 * Fastify's own serializers of answers, each made when it is first used. A third of what the API needs to start went into them: most are of
 * answers that a process never gives, as each route has some for its refusals.
 * For `schemaController.compilersFactory.buildSerializer`.
 */
export const buildLazySerializer: SerializerSelector.SerializerFactory = (externalSchemas, options) => {
  const compile = buildCompiler(externalSchemas, options);
  return (route) => {
    let serialize: SerializerSelector.Serializer | undefined;
    return (answer) => (serialize ??= compile(route))(answer);
  };
};
