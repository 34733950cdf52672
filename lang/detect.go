package lang

// DetectVersion names the rules and weights behind [Detect]; it changes whenever an answer may.
const DetectVersion = "1"

// Detect says in which language text is written (ISO 639-1) and how likely that is (0 to 1);
// "" when there is too little to tell.
func Detect(text string) (code string, p float64) { return "", 0 }
