import type { Texts } from "../shape";
import { en } from "../en";
export const fr: Texts<typeof en> = en;
