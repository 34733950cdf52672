package intake

import (
	"context"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// factTable reads a table of business facts of one kind: one line each below a line of headings.
type factTable struct{}

// FactTarget is the target of a table of facts of a kind.
func FactTarget(kind string) string { return "fact." + kind }

// kindOfTarget is the kind that a target says.
func kindOfTarget(target string) (ledger.FactKind, bool) {
	name, ok := strings.CutPrefix(target, "fact.")
	if !ok {
		return ledger.FactKind{}, false
	}
	return ledger.KindOfFact(name)
}

// FactTargets lists what a table of facts may hold.
func FactTargets() []string {
	var out []string
	for _, k := range ledger.FactKinds() {
		out = append(out, FactTarget(k.ID))
	}
	return out
}

func (factTable) Describe() Description {
	return Description{Name: "facts", Extensions: []string{".csv", ".tsv", ".txt"}, Fields: []string{"target", "columns", "encoding", "comma", "dates", "decimal", "currency", "origin", "label"}}
}

func (factTable) Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error {
	if !opts.may(org.MeasureEdit) { // nobody imports what they may not state by hand
		return problem.New(problem.Forbidden, "intake.fact.may_not")
	}
	if src.Many() {
		return problem.New(problem.Invalid, "intake.fact.one_file")
	}
	l, err := inspect(src, opts, "facts")
	if err != nil {
		return err
	}
	kind, _ := kindOfTarget(l.Target) // inspect has refused others
	if f := l.missing(); f != "" && (f != "label" || opts.Label == "") {
		return problem.New(problem.Invalid, "intake.no_column", "Column", f).On("columns")
	}
	name := src.Names()[0]
	file, err := src.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	in, err := decoded(file, opts.Encoding)
	if err != nil {
		return err
	}
	records := &recordReader{in: in, comma: l.Comma[0]}
	if _, _, err := records.next(); err != nil {
		return problem.New(problem.Invalid, "intake.not_table").Because(err)
	}
	c := &factConverter{converter: converter{ctx: ctx, opts: &opts, l: &l, seed: maphash.MakeSeed()}, kind: kind, alike: map[uint64]int{}, told: map[uint64]uint64{}, unit: unitOf(&l)}
	return l.each(records, name, func(place Place, cells []string) error {
		c.cells = cells
		return emit(c.fact(place))
	}, emit)
}

// factConverter turns lines into facts.
type factConverter struct {
	converter
	kind  ledger.FactKind
	unit  string            // of hours that name none
	alike map[uint64]int    // lines without an id that say the same
	told  map[uint64]uint64 // what lines with an id said
}

// unitOf is what the heading of the quantity says that it counts in.
func unitOf(l *Layout) string {
	i, ok := l.Columns["quantity"]
	if !ok {
		return ""
	}
	for _, w := range strings.Fields(heading(l.Head[i])) {
		switch w {
		case "minutes", "minute", "min", "mn":
			return "min"
		case "secondes", "seconds", "sec":
			return "s"
		case "jours", "days", "jour", "day", "semaines", "weeks":
			return "day"
		}
	}
	return ""
}

// wrong is a line refused for what one of its fields says.
func (c *factConverter) wrong(place Place, field, reason string, args ...any) Row {
	row := refused(place, reason, c.of(field), args...)
	if i, ok := c.l.Columns[field]; ok {
		row.Refused.Column = brief(c.l.Head[i])
	}
	return row
}

func (c *factConverter) fact(place Place) Row {
	if strings.Join(c.cells, "") == "" {
		return Row{Place: place, Left: true}
	}
	f := ledger.Fact{Kind: c.kind.ID, Origin: c.opts.Origin, External: c.of("id"), Note: c.of("note"), Quantity: 1, Status: Status(c.of("status")), Label: c.of("label")}
	if better, is := map[string]string{"won": "met", "accepted": "met", "lost": "missed"}[f.Status]; is && c.kind.ID == ledger.FactOutcome {
		f.Status = better // a bid that was won met what was asked
	}
	if f.Origin == "" {
		f.Origin = FilesOrigin
	}
	if f.Label == "" {
		f.Label = c.opts.Label
	}
	f.Label = labelOf(&c.kind, f.Label)
	at, field, reason := c.when(&f)
	if reason != "" {
		return c.wrong(place, field, reason)
	}
	if at.After(c.opts.Now) {
		return c.wrong(place, field, "intake.future")
	}
	if raw := c.of("quantity"); raw != "" && c.kind.Quantity != ledger.Never {
		if f.Quantity, reason = c.quantity(raw); reason != "" {
			return c.wrong(place, "quantity", reason)
		}
	} else if c.kind.Quantity == ledger.Must {
		return c.wrong(place, "quantity", "intake.fact.no_quantity")
	}
	var amount int64
	currency := ""
	if raw := c.of("amount"); raw != "" && c.kind.Amount != ledger.Never {
		if amount, currency, reason = ReadMoney(raw, c.l.Decimal, c.of("currency"), c.opts.Currency); reason != "" {
			return c.wrong(place, column(reason, "amount"), reason)
		}
	} else if c.kind.Amount == ledger.Must {
		return c.wrong(place, "amount", "intake.fact.no_amount")
	}
	if raw := c.of("before"); raw != "" && c.kind.Before {
		before, other, reason := ReadMoney(raw, c.l.Decimal, c.of("currency"), currency)
		if reason == "" && other != currency {
			reason = otherMoney
		}
		if reason != "" {
			return c.wrong(place, "before", reason)
		}
		f.Before = &before
	}
	for _, name := range c.kind.Fields {
		*f.Text(name) = c.of(name)
	}
	f.Matter = matterOf(f.Matter)
	if strings.Contains(f.Person, "@") {
		if uri, err := channel.Identify(f.Person, c.opts.Region); err == nil {
			f.Person = uri
		}
	}
	if field, reason := c.stamp(&f); reason != "" {
		return c.wrong(place, field, reason)
	}
	if err := c.kind.Check(&f, at, amount, currency); err != nil {
		p := problem.Of(err)
		field := p.Field
		if field == "until" && c.of("to") == "" {
			field = "period"
		}
		return c.wrong(place, field, p.Key, p.Args...)
	}
	if f.External == "" {
		f.External = c.nameless(&f, at, amount, currency)
	}
	a := f.Statement(c.opts.Actor, at, amount, currency)
	// Which of two lines is right cannot be seen from a file that does not say which came later; two facts under one reference are more likely.
	if f.Version == 0 && f.StatedAt.IsZero() {
		h, says := maphash.String(c.seed, a.Object), maphash.String(c.seed, a.Key)
		if before, twice := c.told[h]; twice && before != says {
			return c.wrong(place, "id", "intake.fact.twice")
		} else if !twice && len(c.told) < maxSeen {
			c.told[h] = says
		}
	}
	return Row{Place: place, Fact: &a, Restates: true}
}

// FilesOrigin is where facts come from whose import names no system.
const FilesOrigin = "files"

// column is where what is wrong with an amount stands.
func column(reason, field string) string {
	if reason == badCurrency {
		return "currency"
	}
	return field
}

// nameless names a fact that its source calls nothing: by all it says, and by how many lines before it say the same.
func (c *factConverter) nameless(f *ledger.Fact, at time.Time, amount int64, currency string) string {
	sum := digest(string(ledger.Data(f)), strconv.FormatInt(at.UnixMicro(), 10), strconv.FormatInt(amount, 10), currency)
	h := maphash.String(c.seed, sum)
	n := c.alike[h]
	if n > 0 || len(c.alike) < maxSeen {
		c.alike[h] = n + 1
	}
	if n > 0 {
		sum += "." + strconv.Itoa(n+1)
	}
	return NamelessPrefix + sum
}

// NamelessPrefix begins the names of facts that their source calls nothing.
const NamelessPrefix = "line:"

// when finds the moment or the period of a line.
func (c *factConverter) when(f *ledger.Fact) (at time.Time, field, reason string) {
	zone := c.opts.zone()
	if raw := c.of("period"); raw != "" {
		s, ok := ReadSpan(raw, c.l.Dates, zone)
		if !ok {
			return at, "period", badPeriod
		}
		return c.period(f, s, "period")
	}
	from, to := c.of("from"), c.of("to")
	if from == "" {
		from = c.of("at")
		field = "at"
	} else {
		field = "from"
	}
	if from == "" {
		return at, "at", "intake.no_date"
	}
	if to != "" {
		a, first := ReadSpan(from, c.l.Dates, zone)
		b, last := ReadSpan(to, c.l.Dates, zone)
		switch {
		case !first:
			return at, field, badPeriod
		case !last:
			return at, "to", badPeriod
		}
		return c.period(f, Span{a.From, b.Until}, "to")
	}
	if t, ok := dateOf(from, c.l.Dates, zone); ok && c.kind.Period != ledger.Must {
		return c.opts.moved(t), field, ""
	}
	s, ok := ReadSpan(from, c.l.Dates, zone)
	switch {
	case !ok && c.kind.Period == ledger.Never:
		return at, field, "intake.bad_date"
	case !ok:
		return at, field, badPeriod
	case c.kind.Period == ledger.Never:
		return at, field, "intake.fact.moment"
	case c.kind.ID == ledger.FactRevenue && s.Until.Sub(s.From) < 26*time.Hour: // what recurs counts by the month
		s, _ = months(s.From.Year(), int(s.From.Month()), 1, zone)
	}
	return c.period(f, s, field)
}

// period notes the period of a fact, moved as all dates are: whole months stay whole months.
func (c *factConverter) period(f *ledger.Fact, s Span, field string) (time.Time, string, string) {
	if c.kind.Period == ledger.Never {
		return time.Time{}, field, "intake.fact.moment"
	}
	if c.opts.Shift != 0 {
		s = s.moved(c.opts.Shift, c.opts.zone())
	}
	f.Until = s.Until
	return s.From, field, ""
}

// moved is the period so much later. Of periods of whole months all are moved by the same number of months.
func (s Span) moved(by time.Duration, zone *time.Location) Span {
	from, until := s.From.In(zone), s.Until.In(zone)
	whole := func(t time.Time) bool { return t.Day() == 1 && t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }
	if !whole(from) || !whole(until) {
		return Span{s.From.Add(by), s.Until.Add(by)}
	}
	const month = 365.2425 / 12 * 24 * float64(time.Hour)
	n := int(float64(by)/month+1000.5) - 1000 // the nearest
	return Span{time.Date(from.Year(), from.Month()+time.Month(n), 1, 0, 0, 0, 0, zone), time.Date(until.Year(), until.Month()+time.Month(n), 1, 0, 0, 0, 0, zone)}
}

func (c *factConverter) quantity(raw string) (float64, string) {
	if c.kind.Unit == ledger.UnitHours {
		unit := c.unit
		if said := heading(c.of("unit")); said != "" {
			switch said {
			case "h", "heure", "heures", "hour", "hours", "hrs":
				unit = "h"
			case "min", "minutes", "minute", "mn":
				unit = "min"
			case "s", "secondes", "seconds", "sec":
				unit = "s"
			default:
				return 0, unknownUnit
			}
		}
		return ReadHours(raw, c.l.Decimal, unit)
	}
	v, percent, reason := ReadNumber(raw, c.l.Decimal)
	if percent && c.kind.Unit != ledger.UnitValue {
		return 0, unknownUnit
	}
	return v, reason
}

// stamp reads which statement about the fact this is.
func (c *factConverter) stamp(f *ledger.Fact) (field, reason string) {
	if raw := c.of("version"); raw != "" {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil || n < 0 {
			return "version", badNumber
		}
		f.Version = n
	}
	if raw := c.of("stated_at"); raw != "" {
		t, ok := dateOf(raw, c.l.Dates, c.opts.zone())
		if !ok {
			return "stated_at", "intake.bad_date"
		}
		if f.StatedAt = c.opts.moved(t).Truncate(time.Microsecond).UTC(); f.StatedAt.After(c.opts.Now.Add(24 * time.Hour)) {
			return "stated_at", "intake.future"
		}
	}
	switch heading(c.of("withdrawn")) {
	case "", "0", "non", "no", "false", "faux", "n":
	case "1", "oui", "yes", "true", "vrai", "x", "y", "o", "annule", "supprime", "void", "withdrawn", "deleted", "cancelled":
		f.Void = true
	default:
		return "withdrawn", "intake.fact.bad_withdrawn"
	}
	return "", ""
}

// Status is the status that a French or English word means; the word itself when it means none that is known here.
func Status(s string) string {
	switch heading(s) {
	case "nouveau", "nouvelle", "new", "nouveaux":
		return "new"
	case "expansion", "hausse", "upsell", "upgrade", "extension":
		return "expansion"
	case "contraction", "baisse", "downgrade", "reduction":
		return "contraction"
	case "churn", "resiliation", "resilie", "perte":
		return "churn"
	case "base", "recurrent", "recurring", "stock", "en cours d abonnement":
		return "base"
	case "assisted", "assiste", "accompagne", "agent":
		return "assisted"
	case "self service", "libre service", "autonome", "self", "selfservice":
		return "self_service"
	case "applied", "candidature", "recu", "recue", "postule", "candidat":
		return "applied"
	case "passed", "retenu", "retenue", "preselectionne", "screened", "passed screen", "shortlisted":
		return "passed"
	case "interviewed", "entretien", "interview", "recu en entretien":
		return "interviewed"
	case "offered", "offre", "offer", "proposition":
		return "offered"
	case "accepted", "accepte", "acceptee", "embauche", "hired", "recrute":
		return "accepted"
	case "open", "ouvert", "ouverte", "en cours":
		return "open"
	case "won", "gagne", "gagnee", "signe", "signee":
		return "won"
	case "lost", "perdu", "perdue":
		return "lost"
	case "met", "atteint", "atteinte", "tenu", "tenue", "reussi", "reussie", "remporte", "trouve", "trouvee":
		return "met"
	case "missed", "manque", "manquee", "echec", "non atteint", "non tenu":
		return "missed"
	case "members before", "membres avant":
		return "members_before"
	case "members after", "membres apres":
		return "members_after"
	case "others before", "autres avant", "temoins avant":
		return "others_before"
	case "members earlier", "membres plus tot":
		return "members_earlier"
	case "others earlier", "autres plus tot", "temoins plus tot":
		return "others_earlier"
	case "others after", "autres apres", "temoins apres":
		return "others_after"
	}
	return strings.TrimSpace(s)
}

// labelOf is the label that a French or English word means for a kind that has a list of them.
func labelOf(k *ledger.FactKind, s string) string {
	if k.Labels == nil {
		return s
	}
	word := heading(s)
	for _, l := range k.Labels {
		if word == l {
			return l
		}
	}
	for label, names := range map[string]string{
		"platform":       "plateforme|outil|outils|logiciel|logiciels|tool|tools|software|hosting|hebergement",
		"moderation":     "moderateurs|animation|community management",
		"content":        "contenu|contenus|redaction|production de contenu",
		"acquisition":    "publicite|advertising|ads|media|campagne|campagnes|marketing",
		"licences":       "licence|license|licenses|abonnement|abonnements|subscription|subscriptions",
		"support":        "assistance|service client|sav|customer service|customer support",
		"other":          "autre|autres|divers|misc|others",
		"csat":           "satisfaction|csat score",
		"nps":            "recommandation|recommendation|net promoter score",
		"ces":            "effort|customer effort score",
		"enps":           "recommandation des salaries|employee net promoter score",
		"visits":         "visite|visites|visit|visitors|visiteurs",
		"sessions":       "session",
		"views":          "vues|view|pages vues|page views|pageviews",
		"impressions":    "impression|affichages",
		"reach":          "portee|couverture",
		"followers":      "abonnes|suiveurs|fans",
		"mentions_reach": "portee des mentions|reach of mentions|mentions reach",
		"bid":            "offre|reponse commune|appel d offres|bids|joint bid",
		"capability":     "competence|capacite|capacites|capabilities",
		"exit":           "sortie|condition de sortie|exit condition",
		"hire":           "embauche|recrutement|recrue|hires",
		"participation":  "invitation|invite|participant",
		"knowledge":      "connaissance|article|lacune|gap|flagged case",
		"enablement":     "formation|habilitation|training",
		"activity":       "activite|activites|activities",
		"experience":     "relation|satisfaction partenaire",
		"measured":       "mesure|mesuree|constate|constatee",
		"holdout":        "groupe temoin|temoin|did|double difference",
		"modelled":       "modelise|modelisee|modele|modeled|estimated|estime|estimee",
		"assumed":        "suppose|supposee|hypothese|assumption",
	} {
		if slices.Contains(k.Labels, label) && slices.Contains(words(names), word) {
			return label
		}
	}
	return s
}

// matterOf is the kind of matter that a French or English word means; the word itself when it means none.
func matterOf(s string) string {
	switch word := heading(s); word {
	case "reclamation", "plainte", "complaints":
		return "complaint"
	case "eloge", "compliment", "remerciement":
		return "praise"
	case "idee", "idea", "proposition":
		return "suggestion"
	case "demande", "questions":
		return "question"
	case "piste", "prospect":
		return "lead"
	case "emploi", "candidature":
		return "job"
	default:
		if slices.Contains(ledger.Matters(), word) {
			return word
		}
	}
	return s
}

// ReadWhen reads the moment, or where the kind allows it the period, that a person writes of a fact.
func ReadWhen(k *ledger.FactKind, s, order string, zone *time.Location) (at, until time.Time, ok bool) {
	if t, ok := dateOf(s, order, zone); ok && k.Period != ledger.Must {
		return t, time.Time{}, true
	}
	if k.Period == ledger.Never {
		return at, until, false
	}
	span, ok := ReadSpan(s, order, zone)
	return span.From, span.Until, ok
}

// ParseColumns reads which heading holds which field, as in "amount=Total; at=Jour"; nil for nothing.
func ParseColumns(s string) (map[string]string, bool) {
	if strings.TrimSpace(s) == "" {
		return nil, true
	}
	out := map[string]string{}
	for _, pair := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		field, head, ok := strings.Cut(pair, "=")
		field, head = strings.TrimSpace(field), strings.TrimSpace(head)
		if strings.TrimSpace(pair) == "" {
			continue
		}
		if !ok || field == "" || head == "" || len(out) >= 50 {
			return nil, false
		}
		out[field] = head
	}
	return out, true
}

// WriteColumns is what ParseColumns reads.
func WriteColumns(columns map[string]string) string {
	pairs := make([]string, 0, len(columns))
	for field, head := range columns {
		pairs = append(pairs, field+"="+head)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "; ")
}
