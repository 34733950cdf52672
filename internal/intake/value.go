package intake

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// dateOrder finds out whether dates in figures put the day or the month first; ambiguous when nothing in the sample tells.
func dateOrder(said string, sample []string) (order string, ambiguous bool) {
	if said == "dmy" || said == "mdy" {
		return said, false
	}
	day, month, figures := false, false, false
	for _, s := range sample {
		a, b, ok := figuresOf(s)
		if !ok {
			continue
		}
		figures = true
		day = day || a > 12 && b <= 12
		month = month || b > 12 && a <= 12
	}
	switch {
	case month && !day:
		return "mdy", false
	case day && !month:
		return "dmy", false
	}
	return "dmy", figures
}

// figuresOf gives the first two numbers of 31/12/2026, 31.12.26, 12-31-2026.
func figuresOf(s string) (a, b int, ok bool) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(parts) != 3 || len(parts[0]) > 2 || len(parts[1]) > 2 {
		return 0, 0, false
	}
	a, e1 := strconv.Atoi(parts[0])
	b, e2 := strconv.Atoi(parts[1])
	_, e3 := strconv.Atoi(parts[2])
	return a, b, e1 == nil && e2 == nil && e3 == nil
}

// dateOf reads a date, with or without time: ISO 8601, in figures by order, with the month in French or English words, seconds since 1970.
func dateOf(s, order string, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
	if len(s) < 6 || len(s) > 60 {
		return time.Time{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case len(s) == 8 && n >= 19700101 && n <= 99991231: // 20261231
			t, err := time.ParseInLocation("20060102", s, zone)
			return t, err == nil
		case len(s) >= 9 && len(s) <= 10:
			return time.Unix(n, 0).UTC(), true
		case len(s) == 13:
			return time.UnixMilli(n).UTC(), true
		}
		return time.Time{}, false
	}
	if len(s) >= 10 && s[4] == '-' && s[7] == '-' {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04",
			"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST"} {
			if t, err := time.ParseInLocation(layout, s, zone); err == nil {
				return real(t)
			}
		}
		return time.Time{}, false
	}
	if len(s) >= 8 && (s[4] == '/' || s[4] == '.') {
		for _, layout := range []string{"2006/1/2", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006.1.2"} {
			if t, err := time.ParseInLocation(layout, s, zone); err == nil {
				return real(t)
			}
		}
	}
	day, clock, _ := strings.Cut(s, " ")
	if a, b, ok := figuresOf(day); ok {
		year, _ := strconv.Atoi(day[strings.LastIndexAny(day, "/.-")+1:])
		d, m := a, b
		if order == "mdy" {
			d, m = b, a
		}
		return made(year, m, d, clock, zone)
	}
	return worded(s, zone)
}

func real(t time.Time) (time.Time, bool) { return t, t.Year() >= 1970 && t.Year() < 2200 }

// made checks and builds a date; years of two figures are of this century up to 69.
func made(year, month, day int, clock string, zone *time.Location) (time.Time, bool) {
	if year < 70 && year >= 0 {
		year += 2000
	} else if year < 100 {
		year += 1900
	}
	if year < 1970 || year >= 2200 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone)
	if t.Day() != day {
		return time.Time{}, false
	}
	clock = strings.TrimSpace(strings.NewReplacer("h", ":", "à", "", "at", "", ",", "").Replace(clock))
	if clock == "" {
		return t, true
	}
	clock = strings.TrimSuffix(clock, ":")
	for _, layout := range []string{"15:04:05", "15:04", "15", "3:04 PM", "3:04:05 PM", "3:04PM"} {
		if c, err := time.Parse(layout, strings.ToUpper(clock)); err == nil {
			return time.Date(year, time.Month(month), day, c.Hour(), c.Minute(), c.Second(), 0, zone), true
		}
	}
	return time.Time{}, false
}

// worded reads 6 mars 2022, 6 Mar 2022, March 6, 2022 and Sunday 6 March 2022 10:00.
func worded(s string, zone *time.Location) (time.Time, bool) {
	fields := strings.Fields(strings.ReplaceAll(s, ",", " "))
	day, month, year, rest := 0, 0, 0, ""
	for i, f := range fields {
		f = strings.Trim(heading(f), ".")
		number, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(f, "er"), "st"), "nd"), "th"))
		switch {
		case month == 0 && monthOf(f) > 0:
			month = monthOf(f)
		case err == nil && day == 0 && number >= 1 && number <= 31:
			day = number
		case err == nil && year == 0 && number >= 1970:
			year = number
		case month == 0 && day == 0: // the day of the week
		default:
			rest = strings.Join(fields[i:], " ")
		}
		if rest != "" {
			break
		}
	}
	if day == 0 || month == 0 || year == 0 {
		return time.Time{}, false
	}
	return made(year, month, day, rest, zone)
}

func monthOf(word string) int {
	if len(word) < 3 {
		return 0
	}
	switch word {
	case "jui":
		return 0 // juin or juillet
	}
	for i, names := range [12][2]string{{"janvier", "january"}, {"fevrier", "february"}, {"mars", "march"}, {"avril", "april"}, {"mai", "may"}, {"juin", "june"},
		{"juillet", "july"}, {"aout", "august"}, {"septembre", "september"}, {"octobre", "october"}, {"novembre", "november"}, {"decembre", "december"}} {
		if strings.HasPrefix(names[0], word) || strings.HasPrefix(names[1], word) {
			return i + 1
		}
	}
	return 0
}

// decimalMark finds out what stands before the cents.
func decimalMark(said string, sample []string) string {
	if said == "," || said == "." {
		return said
	}
	comma, dot := 0, 0
	for _, s := range sample {
		s = strings.TrimFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		i := strings.LastIndexAny(s, ",.")
		if i < 0 {
			continue
		}
		both := strings.Contains(s, ",") && strings.Contains(s, ".")
		if tail := len(s) - i - 1; !both && (tail == 3 || strings.Count(s, s[i:i+1]) > 1) {
			continue // thousands, or cents of three figures: it does not tell
		}
		if s[i] == ',' {
			comma++
		} else {
			dot++
		}
	}
	if comma > dot {
		return ","
	}
	return "."
}

// MinorFigures is how many figures the minor unit of a currency has, by ISO 4217.
func MinorFigures(currency string) int {
	switch currency {
	case "JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "XPF", "UGX", "PYG", "RWF", "KMF", "GNF", "DJF", "BIF", "VUV":
		return 0
	case "TND", "KWD", "BHD", "OMR", "JOD", "IQD", "LYD":
		return 3
	}
	return 2
}

// amountOf reads 1 234,56 €, -1,234.56 and (12.50) into minor units.
func amountOf(s, mark, currency string) (int64, bool) {
	s = strings.TrimSpace(s)
	negative := strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")")
	var whole, part strings.Builder
	inPart, figures := false, false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			figures = true
			if inPart {
				part.WriteRune(r)
			} else {
				whole.WriteRune(r)
			}
		case string(r) == mark && !inPart && figures || string(r) == mark && !inPart && whole.Len() == 0:
			inPart = true
		case r == '-' || r == '\u2212':
			negative = true
		case strings.ContainsRune(" \u00a0\u202f'’.,+()", r):
			if (r == '.' || r == ',') && inPart {
				return 0, false
			}
		case r < 0x80 && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '$':
			return 0, false
		case inPart && part.Len() > 0 || figures || !figures: // a currency before or after
		}
	}
	n := MinorFigures(currency)
	cents := part.String()
	for len(cents) < n {
		cents += "0"
	}
	for len(cents) > n && strings.HasSuffix(cents, "0") {
		cents = cents[:len(cents)-1]
	}
	if !figures || len(cents) > n || whole.Len()+len(cents) > 17 {
		return 0, false
	}
	v, err := strconv.ParseInt(whole.String()+cents, 10, 64)
	if err != nil {
		return 0, false
	}
	if negative {
		v = -v
	}
	return v, true
}

// currencyOf reads a code or a sign; fallback, or EUR, when nothing is said, "" when what is said is none.
func currencyOf(said, amount, fallback string) string {
	said = strings.ToUpper(strings.TrimSpace(said))
	if said == "" {
		for _, r := range amount {
			switch r {
			case '€':
				return "EUR"
			case '£':
				return "GBP"
			case '$':
				return "USD"
			}
		}
		if letters := strings.ToUpper(strings.Trim(amount, "0123456789.,-+ ()'\u00a0\u202f\u2212")); len(letters) == 3 && strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return letters
		}
		if said = strings.ToUpper(fallback); said == "" {
			return "EUR"
		}
	}
	switch said {
	case "€", "EURO", "EUROS":
		return "EUR"
	case "£":
		return "GBP"
	case "$", "US$":
		return "USD"
	}
	if len(said) != 3 || strings.Trim(said, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return said
}

// countryCode is the code of a country by its name in French or English, or by the code itself; "" when it is not known here.
func countryCode(s string) string {
	h := heading(s)
	if len(h) == 2 {
		return strings.ToUpper(h)
	}
	switch h {
	case "france", "fra":
		return "FR"
	case "belgique", "belgium", "bel":
		return "BE"
	case "suisse", "switzerland", "che":
		return "CH"
	case "royaume uni", "united kingdom", "great britain", "grande bretagne", "angleterre", "england", "ecosse", "scotland", "gbr", "pays de galles", "wales":
		return "GB"
	case "luxembourg", "lux":
		return "LU"
	case "canada", "can", "quebec":
		return "CA"
	case "etats unis", "united states", "usa", "united states of america":
		return "US"
	case "allemagne", "germany", "deu", "deutschland":
		return "DE"
	case "espagne", "spain", "esp":
		return "ES"
	case "italie", "italy", "ita":
		return "IT"
	case "pays bas", "netherlands", "nld":
		return "NL"
	case "irlande", "ireland", "irl":
		return "IE"
	case "portugal", "prt":
		return "PT"
	case "autriche", "austria", "aut":
		return "AT"
	}
	return ""
}

// kindsOf reads what somebody is to us from words in French or English; firm says that it is an organisation. Words that are no kind
// are passed over.
func kindsOf(list []string) (kinds []string, firm bool) {
	for _, w := range list {
		kind := ""
		switch heading(w) {
		case "client", "cliente", "clients", "customer", "customers", "particulier", "individual", "b2c", "acheteur", "buyer":
			kind = "customer"
		case "entreprise", "societe", "company", "professionnel", "business", "b2b", "organisation", "organization", "firme", "firm", "pro", "association", "collectivite":
			kind, firm = "customer", true
		case "prospect", "lead", "prospects":
			kind = "prospect"
		case "revendeur", "reseller", "dealer", "distributeur", "revendeuse", "magasin":
			kind = "reseller"
		case "fournisseur", "supplier", "vendor", "fournisseuse":
			kind = "supplier"
		case "partenaire", "partner", "partenaires":
			kind = "partner"
		case "employe", "employee", "salarie", "equipe", "team", "staff", "collegue", "collaborateur":
			kind = "employee"
		case "presse", "press", "journaliste", "journalist", "media", "medias":
			kind = "journalist"
		case "ambassadeur", "ambassadrice", "ambassador":
			kind = "ambassador"
		case "investisseur", "investor", "banque", "bank", "actionnaire":
			kind = "investor"
		case "concurrent", "competitor":
			kind = "competitor"
		case "pair", "peer", "confrere":
			kind = "peer"
		case "candidat", "candidate", "candidate e":
			kind = "candidate"
		}
		if kind != "" && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds, firm
}
