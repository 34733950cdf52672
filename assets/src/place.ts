// The browser side of pages that are mostly read, those of communities: nothing in them is fetched again, so a quarter of the weight is enough.
import "./base";
