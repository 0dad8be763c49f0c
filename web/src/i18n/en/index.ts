import { access } from "./access";
import { audit } from "./audit";
import { common } from "./common";
import { factor } from "./factor";
import { notice } from "./notice";
import { people } from "./people";
import { reasons } from "./reasons";
import { security } from "./security";
import { shell } from "./shell";
import { teams } from "./teams";
import { verify } from "./verify";

/** Every text of the console in English. */
export const en = { ...common, ...shell, ...security, ...verify, ...people, ...teams, ...audit, ...access, ...factor, ...notice, ...reasons };
