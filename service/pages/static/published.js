// A published result: nothing changes any more, so its figures are drawn and nothing is followed.
import { followAll } from "./figures.js";

followAll();
