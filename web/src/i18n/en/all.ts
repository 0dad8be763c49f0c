import { approval } from "./approval";
import { carrier } from "./carrier";
import { effect } from "./effect";
import { first } from ".";
import { graph } from "./graph";
import { mailReason } from "./mailReason";
import { outbox } from "./outbox";
import { reasons } from "./reasons";
import { review } from "./review";
import { rights } from "./rights";
import { answered } from "./answered";
import { use } from "./use";

/** Every text of the console in English: what a translation must hold. For types and tests; the console fetches the parts when it needs them. */
export const en = { ...first, ...approval, ...carrier, ...effect, ...graph, ...mailReason, ...outbox, ...reasons, ...review, ...rights, ...answered, ...use };
