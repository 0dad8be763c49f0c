import administrator from "../../../../docs/administrator.md?raw";
import client from "../../../../docs/client.md?raw";
import operator from "../../../../docs/operator.md?raw";
import technician from "../../../../docs/technician.md?raw";

/** The guides, as they are in the repository: the console always explains the version it belongs to. */
export const guides = { technician, administrator, operator, client } as const;

export type Guide = keyof typeof guides;

export const guideNames = Object.keys(guides) as Guide[];

/** Whether there is a guide of this name. */
export function isGuide(name: string | undefined): name is Guide {
  return name !== undefined && name in guides;
}

/** The pictures of the guides, by file name. */
export const pictures: Record<string, string> = Object.fromEntries(
  Object.entries(import.meta.glob<string>("../../../../docs/images/*.png", { query: "?url", import: "default", eager: true })).map(([path, url]) => [path.split("/").at(-1) ?? path, url]),
);
