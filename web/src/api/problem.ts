/** The body of every refusal (RFC 9457, with the organization's additions). */
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  code?: string;
  permission?: string;
  request_id?: string;
  /** How to ask for the approval that is missing. */
  access_request?: { template: Asked };
  errors?: { pointer: string; message: string }[];
}

/** An action that takes a second person, with its parameters. */
export interface Asked {
  action: string;
  parameters: Record<string, unknown>;
}

/** ApiError is a refusal of the server, or the lack of any answer (status 0). */
export class ApiError extends Error {
  readonly problem: Problem;
  /** Seconds after which another try makes sense, when the server said so. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code ?? "";
  }
}

/** Makes an ApiError of whatever came back: a problem body, something else, or nothing at all. */
export function toApiError(body: unknown, response?: Response): ApiError {
  const status = response?.status ?? 0;
  const after = Number(response?.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(after) && after > 0 ? after : null;
  if (typeof body === "object" && body !== null && "title" in body) {
    return new ApiError({ ...(body as Problem), status: (body as Problem).status ?? status }, retryAfter);
  }
  return new ApiError({ title: response?.statusText || "no answer", status, code: status === 0 ? "connection.lost" : "" }, retryAfter);
}

/**
 * Turns the pointers of a problem into paths of form fields: `/phones/0/number` is `phones.0.number`.
 * A pointer deeper than the form goes is laid on the nearest field above it; what fits no field is returned as `rest`.
 */
export function fieldErrors(problem: Problem, fields: readonly string[]): { byField: Record<string, string>; rest: string[] } {
  const byField: Record<string, string> = {};
  const rest: string[] = [];
  for (const { pointer, message } of problem.errors ?? []) {
    const field = nearest(segments(pointer), fields);
    if (field === null) {
      rest.push(message);
    } else if (!(field in byField)) {
      byField[field] = message;
    }
  }
  return { byField, rest };
}

function segments(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function nearest(path: string[], fields: readonly string[]): string | null {
  for (let n = path.length; n > 0; n--) {
    const candidate = path.slice(0, n).join(".");
    if (fields.includes(candidate)) {
      return candidate;
    }
  }
  return null;
}
