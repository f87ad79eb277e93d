/** Fills in values as compose does from the environment: `${NAME:-fallback}`, `${NAME:?message}`. */
export function interpolate(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return text.replace(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_all, name: string, kind: string | undefined, rest: string | undefined) => {
      const given = env[name] ?? '';
      if (given !== '') return given;
      if (kind === '?') throw new Error(`${name}: ${rest ?? ''}`);
      return rest ?? '';
    },
  );
}
