package intake

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Decimal is an exact number: Coef divided by ten Scale times.
type Decimal struct {
	Coef  int64
	Scale int
}

// String writes the number with a dot before its decimals.
func (d Decimal) String() string {
	s := strconv.FormatInt(d.Coef, 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for len(s) <= d.Scale {
		s = "0" + s
	}
	if d.Scale == 0 {
		return sign + s
	}
	return sign + s[:len(s)-d.Scale] + "." + s[len(s)-d.Scale:]
}

// Float is the nearest number of its kind.
func (d Decimal) Float() float64 {
	v, err := strconv.ParseFloat(d.String(), 64)
	if err != nil {
		return math.NaN() // 18 figures always parse
	}
	return v
}

// shifted is d times 10 to the power n, as a whole number; ok is false when it is none, or too long.
func (d Decimal) shifted(n int) (v int64, ok bool) {
	v, n = d.Coef, n-d.Scale
	for ; n < 0; n++ {
		if v%10 != 0 {
			return 0, false
		}
		v /= 10
	}
	for ; n > 0; n-- {
		if v > math.MaxInt64/10 || v < math.MinInt64/10 {
			return 0, false
		}
		v *= 10
	}
	return v, true
}

const (
	badNumber    = "intake.bad_number"
	ambiguous    = "intake.fact.ambiguous"
	unknownUnit  = "intake.fact.unit"
	maxFigures   = 18
	badCurrency  = "intake.bad_currency"
	otherMoney   = "intake.fact.two_currencies"
	tooFine      = "intake.fact.too_fine"
	badHours     = "intake.fact.bad_hours"
	badPeriod    = "intake.fact.bad_period"
	maxCellChars = 60
)

// evened maps the many spaces, dashes and marks of figures to one each.
func evened(r rune) rune {
	switch r {
	case '\u00a0', '\u202f', '\u2007', '\u2009', '\u200a', '\t':
		return ' '
	case '\u2212', '\u2013', '\u2012', '\u2010', '\u2011':
		return '-'
	case '\u2019', '\u02bc', '`':
		return '\''
	}
	return r
}

func figure(c byte) bool { return c >= '0' && c <= '9' }

// ReadDecimal reads 1 234,50, -1,234.5, (12) and 12-, with whatever words stand before or after, which are returned. mark stands before
// the decimals; with "" it is found out, and a number such as 1.234, which may mean two things, is refused. reason is the key of a sentence,
// "" when the number can be read.
func ReadDecimal(s, mark string) (d Decimal, unit, reason string) {
	if len(s) > 4*maxCellChars {
		return d, "", badNumber
	}
	s = strings.TrimSpace(strings.Map(evened, s))
	negative := false
	if len(s) > 1 && s[0] == '(' && s[len(s)-1] == ')' {
		s, negative = strings.TrimSpace(s[1:len(s)-1]), true
	}
	first := strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	if first < 0 {
		return d, "", badNumber
	}
	last := strings.LastIndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	if first > 0 && (s[first-1] == '.' || s[first-1] == ',') && mark != "" && s[first-1] == mark[0] {
		first-- // ,5
	}
	before, core, after := s[:first], s[first:last+1], s[last+1:]
	if n := strings.Count(before, "-"); n > 0 {
		if n > 1 || negative {
			return d, "", badNumber
		}
		before, negative = strings.Replace(before, "-", "", 1), true
	} else if strings.TrimSpace(after) == "-" {
		if negative {
			return d, "", badNumber
		}
		after, negative = "", true
	}
	before, after = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(before), "+")), strings.TrimSpace(after)
	unit = strings.TrimSpace(before + " " + after)
	if strings.ContainsAny(unit, "-+().,'") && !strings.HasSuffix(unit, ".") {
		return d, "", badNumber
	}
	if mark == "" {
		if mark, reason = markOf(core); reason != "" {
			return d, "", reason
		}
	}
	whole, part, split := core, "", false
	if mark != "" {
		whole, part, split = strings.Cut(core, mark)
	}
	if split && (part == "" || strings.Trim(part, "0123456789") != "") {
		return d, "", badNumber
	}
	digits, ok := grouped(whole)
	if !ok && !(whole == "" && split) {
		return d, "", badNumber
	}
	text := strings.TrimLeft(digits+part, "0")
	if text == "" {
		text = "0"
	}
	if len(text) > maxFigures || len(part) > maxFigures {
		return d, "", badNumber
	}
	coef, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return d, "", badNumber
	}
	if negative {
		coef = -coef
	}
	return Decimal{coef, len(part)}, unit, ""
}

// markOf finds out what stands before the decimals of one number.
func markOf(core string) (mark, reason string) {
	dots, commas := strings.Count(core, "."), strings.Count(core, ",")
	switch {
	case dots == 0 && commas == 0:
		return "", ""
	case dots > 0 && commas > 0:
		if mark = core[strings.LastIndexAny(core, ".,"):][:1]; strings.Count(core, mark) > 1 {
			return "", badNumber
		}
		return mark, ""
	case dots+commas > 1:
		return "", ""
	}
	i := strings.LastIndexAny(core, ".,")
	if len(core)-i-1 != 3 || i > 3 || i == 0 || core[0] == '0' || strings.ContainsAny(core, " '") {
		return core[i : i+1], ""
	}
	return "", ambiguous
}

// grouped takes the separators of thousands out: each of them the same, and before three figures.
func grouped(s string) (string, bool) {
	if s == "" {
		return "", false
	}
	i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 {
		return s, true
	}
	mark := s[i]
	if !strings.ContainsRune(" '.,", rune(mark)) {
		return "", false
	}
	groups := strings.Split(s, string(rune(mark)))
	for n, g := range groups {
		if g == "" || strings.Trim(g, "0123456789") != "" || n == 0 && len(g) > 3 || n > 0 && len(g) != 3 {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// isoCurrencies are the codes of ISO 4217 that money is paid in.
const isoCurrencies = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB " +
	"EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR " +
	"MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX " +
	"USD UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"

// CurrencyOf is the code that a code, sign or word means; "" when it means none.
func CurrencyOf(s string) string {
	s = strings.ToUpper(strings.TrimSpace(strings.Map(evened, s)))
	switch s {
	case "€", "EURO", "EUROS":
		return "EUR"
	case "£", "LIVRES", "POUND", "POUNDS", "LIVRE":
		return "GBP"
	case "$", "US$", "$US", "DOLLAR", "DOLLARS":
		return "USD"
	case "CA$", "$CA", "C$":
		return "CAD"
	case "¥", "YEN", "YENS":
		return "JPY"
	case "FR.", "SFR.":
		return "CHF"
	}
	if len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" && strings.Contains(isoCurrencies, s) && slices.Contains(strings.Fields(isoCurrencies), s) {
		return s
	}
	return ""
}

// ReadMoney reads an amount into minor units. said is what another column says of the currency, fallback counts when nothing does. Thousands
// and millions, as in 12 k€, are understood; no currency is ever turned into another, and nothing is rounded.
func ReadMoney(s, mark, said, fallback string) (minor int64, currency, reason string) {
	d, unit, reason := ReadDecimal(s, mark)
	if reason != "" {
		return 0, "", reason
	}
	if said != "" {
		if currency = CurrencyOf(said); currency == "" {
			return 0, "", badCurrency
		}
	}
	unit = strings.TrimSpace(unit)
	for _, tax := range []string{"HT", "TTC", "H.T.", "T.T.C."} { // without or with tax: the file says which throughout
		if cut, ok := strings.CutSuffix(strings.ToUpper(unit), tax); ok {
			unit = strings.TrimSpace(unit[:len(cut)])
			break
		}
	}
	power := 0
	if unit != "" {
		own := CurrencyOf(unit)
		if own == "" {
			for _, p := range []struct {
				sign  string
				power int
			}{{"k", 3}, {"K", 3}, {"M", 6}} {
				if rest, ok := strings.CutPrefix(unit, p.sign); ok && (strings.TrimSpace(rest) == "" || CurrencyOf(rest) != "") {
					own, power = CurrencyOf(rest), p.power
					break
				}
			}
			if own == "" && power == 0 {
				return 0, "", badCurrency
			}
		}
		if own != "" && currency != "" && own != currency {
			return 0, "", otherMoney
		}
		if own != "" {
			currency = own
		}
	}
	if currency == "" {
		if fallback == "" {
			fallback = "EUR"
		}
		if currency = CurrencyOf(fallback); currency == "" {
			return 0, "", badCurrency
		}
	}
	minor, ok := d.shifted(MinorFigures(currency) + power)
	if !ok {
		return 0, "", tooFine
	}
	return minor, currency, ""
}

// ReadNumber reads a number; 12,5 % is 0.125.
func ReadNumber(s, mark string) (v float64, percent bool, reason string) {
	d, unit, reason := ReadDecimal(s, mark)
	switch {
	case reason != "":
		return 0, false, reason
	case unit == "%":
		d.Scale += 2
		return d.Float(), true, ""
	case unit != "":
		return 0, false, unknownUnit
	}
	return d.Float(), false, ""
}

// ReadHours reads 1,5, 1.5 h, 1:30, 1h30, 1 h 30 min, 90 min. unit is what the column counts in when the cell does not say: h, min or s;
// "" is h. Days are refused: how long one is depends on who works it.
func ReadHours(s, mark, unit string) (hours float64, reason string) {
	s = strings.ToLower(strings.TrimSpace(strings.Map(evened, s)))
	if s == "" || len(s) > maxCellChars {
		return 0, badHours
	}
	if strings.Contains(s, ":") {
		parts := strings.Split(s, ":")
		if len(parts) > 3 {
			return 0, badHours
		}
		return clock(parts)
	}
	if before, after, ok := strings.Cut(s, "h"); ok {
		before, after = strings.TrimSpace(before), strings.TrimSpace(after)
		if after == "" || slices.Contains([]string{"eures", "eure", "ours", "our", "rs", "r", "r.", "rs."}, after) {
			return inHours(before, mark, "h")
		}
		after = strings.TrimSpace(strings.TrimRight(after, "minutes"))
		return clock([]string{before, after})
	}
	for _, u := range []struct{ name, unit string }{{"minutes", "min"}, {"minute", "min"}, {"mins", "min"}, {"min", "min"}, {"mn", "min"}, {"secondes", "s"}, {"seconds", "s"}, {"sec", "s"}} {
		if rest, ok := strings.CutSuffix(s, u.name); ok {
			return inHours(rest, mark, u.unit)
		}
	}
	return inHours(s, mark, unit)
}

// clock reads hours, minutes and seconds.
func clock(parts []string) (float64, string) {
	total := 0
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || p[0] == '+' || n > 1_000_000 || i > 0 && (n > 59 || len(p) > 2) {
			return 0, badHours
		}
		total = total*60 + n
	}
	if len(parts) == 2 {
		return float64(total) / 60, ""
	}
	return float64(total) / 3600, ""
}

func inHours(s, mark, unit string) (float64, string) {
	d, words, reason := ReadDecimal(s, mark)
	switch {
	case reason != "":
		return 0, reason
	case words != "":
		return 0, unknownUnit
	}
	switch unit {
	case "", "h":
		return d.Float(), ""
	case "min":
		return d.Float() / 60, ""
	case "s":
		return d.Float() / 3600, ""
	}
	return 0, unknownUnit
}
