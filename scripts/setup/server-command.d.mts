export function serverCommand(
  root: string, environment: Readonly<Record<string, string | undefined>>,
): { program: string; args: string[]; env: Record<string, string | undefined> };
