package situationapi

import (
	"context"
	"time"

	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/situation"
)

// SituationStep is a step of a situation or a playbook.
type SituationStep struct {
	Name    string    `json:"name" maxLength:"200"`
	Minutes int64     `json:"minutes" minimum:"0" maximum:"527040" doc:"After the detection."`
	Does    string    `json:"does,omitempty" enum:"acknowledge,tell,holding,statement,clear" doc:"What ticks it off by itself."`
	DoneAt  time.Time `json:"done_at,omitzero"`
	DoneBy  string    `json:"done_by,omitempty"`
	Note    string    `json:"note,omitempty"`
}

func ofSteps(list []situation.Step) []SituationStep {
	out := make([]SituationStep, len(list))
	for i, s := range list {
		out[i] = SituationStep{s.Name, int64(s.After / time.Minute), s.Does, s.DoneAt, s.DoneBy, s.Note}
	}
	return out
}

// SituationStepDraft is a step of a playbook to be kept.
type SituationStepDraft struct {
	Name    string `json:"name" maxLength:"200"`
	Minutes int64  `json:"minutes" minimum:"0" maximum:"527040" doc:"After the detection."`
	Does    string `json:"does,omitempty" enum:"acknowledge,tell,holding,statement,clear" doc:"What ticks it off by itself."`
}

func steps(list []SituationStepDraft) []situation.Step {
	out := make([]situation.Step, len(list))
	for i, s := range list {
		out[i] = situation.Step{Name: s.Name, After: time.Duration(s.Minutes) * time.Minute, Does: s.Does}
	}
	return out
}

// SituationEntry is a situation.
type SituationEntry struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	About          string          `json:"about,omitempty"`
	Level          string          `json:"level" enum:"watch,serious,crisis"`
	Peak           string          `json:"peak" enum:"watch,serious,crisis" doc:"The highest level it had."`
	Owner          string          `json:"owner,omitempty"`
	Drill          bool            `json:"drill" doc:"Practised: nothing goes out, nothing counts."`
	Topic          string          `json:"topic,omitempty"`
	Playbook       string          `json:"playbook,omitempty"`
	Steps          []SituationStep `json:"steps"`
	Conversations  int             `json:"conversations"`
	FirstAt        time.Time       `json:"first_at,omitzero" doc:"When the first of it was said."`
	DetectedAt     time.Time       `json:"detected_at"`
	AcknowledgedAt time.Time       `json:"acknowledged_at,omitzero"`
	StatedAt       time.Time       `json:"stated_at,omitzero" doc:"When the first public statement began to go out."`
	ClearedAt      time.Time       `json:"cleared_at,omitzero"`
	Review         SituationReview `json:"review"`
}

// SituationReview is what people learned.
type SituationReview struct {
	Well    string `json:"well,omitempty" maxLength:"20000"`
	Badly   string `json:"badly,omitempty" maxLength:"20000"`
	Changes string `json:"changes,omitempty" maxLength:"20000"`
}

func of(v situation.Situation) SituationEntry {
	return SituationEntry{v.ID, v.Name, v.About, string(v.Level), string(v.Peak), v.Owner, v.Drill, v.Topic, v.Playbook, ofSteps(v.Steps), v.Conversations, v.First, v.DetectedAt, v.AcknowledgedAt, v.StatedAt, v.ClearedAt,
		SituationReview(v.Review)}
}

// SituationDraft is a situation to be opened.
type SituationDraft struct {
	Name          string    `json:"name" maxLength:"200"`
	About         string    `json:"about,omitempty" maxLength:"4000"`
	Level         string    `json:"level,omitempty" enum:"watch,serious,crisis"`
	Owner         string    `json:"owner,omitempty" maxLength:"50"`
	Drill         bool      `json:"drill,omitempty"`
	Topic         string    `json:"topic,omitempty" maxLength:"50"`
	SinceAt       time.Time `json:"since_at,omitzero" doc:"When the first of it was said; else the first of its conversations tells."`
	Playbook      string    `json:"playbook,omitempty" maxLength:"50" doc:"Id; none for none; else the one of its level."`
	Conversations []string  `json:"conversations,omitempty" maxItems:"20000"`
	Suggestion    string    `json:"suggestion,omitempty" maxLength:"50" doc:"Key of a suggestion, whose conversations are gathered."`
}

// SituationChange changes what is there.
type SituationChange struct {
	Name  *string `json:"name,omitempty" maxLength:"200"`
	About *string `json:"about,omitempty" maxLength:"4000"`
	Level *string `json:"level,omitempty" enum:"watch,serious,crisis"`
	Owner *string `json:"owner,omitempty" maxLength:"50"`
	Topic *string `json:"topic,omitempty" maxLength:"50"`
	Why   string  `json:"why,omitempty" maxLength:"4000"`
}

// SituationSuggestion is conversations that seem to have one cause.
type SituationSuggestion struct {
	Key           string    `json:"key" doc:"The conversation it began with."`
	Title         string    `json:"title"`
	Words         []string  `json:"words"`
	Conversations int       `json:"conversations"`
	Usual         float64   `json:"usual" doc:"How many were to be expected."`
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
}

// StatementProgress is how far a statement has come, in copies.
type StatementProgress struct {
	Copies    int `json:"copies"`
	Waiting   int `json:"waiting"`
	Queued    int `json:"queued" doc:"Wait for their channel."`
	Sent      int `json:"sent"`
	Failed    int `json:"failed"`
	Skipped   int `json:"skipped" doc:"Nothing can be said there."`
	Cancelled int `json:"cancelled"`
	Rehearsed int `json:"rehearsed" doc:"Of a drill."`
}

// SituationStatement is a statement.
type SituationStatement struct {
	ID         string            `json:"id"`
	Situation  string            `json:"situation"`
	Kind       string            `json:"kind" enum:"holding,statement,elsewhere"`
	Texts      map[string]string `json:"texts" doc:"By language."`
	Short      string            `json:"short,omitempty"`
	Private    bool              `json:"private"`
	URL        string            `json:"url,omitempty"`
	State      string            `json:"state" enum:"written,approved,underway,delivered,stopped"`
	WrittenBy  string            `json:"written_by"`
	WrittenAt  time.Time         `json:"written_at"`
	ApprovedBy string            `json:"approved_by,omitempty"`
	ApprovedAt time.Time         `json:"approved_at,omitzero"`
	BegunAt    time.Time         `json:"begun_at,omitzero"`
	EndedAt    time.Time         `json:"ended_at,omitzero"`
	Progress   StatementProgress `json:"progress"`
}

func statement(ctx context.Context, s *situation.Service, w situation.Wording) (SituationStatement, error) {
	p, err := s.Progress(ctx, w.ID)
	return SituationStatement{w.ID, w.Situation, string(w.Kind), w.Content.Texts, w.Content.Short, w.Content.Private, w.Content.URL, w.State, w.WrittenBy, w.WrittenAt, w.ApprovedBy, w.ApprovedAt, w.BegunAt, w.EndedAt,
		StatementProgress{p.Copies, p.Waiting, p.Queued, p.Sent, p.Failed, p.Skipped, p.Cancelled, p.Rehearsed}}, err
}

// SituationStatementDraft is a statement to be approved.
type SituationStatementDraft struct {
	Kind    string            `json:"kind" enum:"holding,statement,elsewhere"`
	Texts   map[string]string `json:"texts" doc:"By language."`
	Short   string            `json:"short,omitempty" maxLength:"1000" doc:"Where a place takes less."`
	Private bool              `json:"private,omitempty" doc:"In private wherever that is possible."`
	URL     string            `json:"url,omitempty" maxLength:"1000" doc:"Where it was said."`
}

// SituationLine is a line of the log.
type SituationLine struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty" doc:"Name."`
	N    int       `json:"n,omitempty" doc:"Conversations or copies."`
	Text string    `json:"text,omitempty"`
}

// SituationTelling says who was told.
type SituationTelling struct {
	Members []string `json:"members,omitempty" maxItems:"500"`
	Others  string   `json:"others,omitempty" maxLength:"400"`
	Text    string   `json:"text" maxLength:"4000"`
}

func (t SituationTelling) told() ledger.Told { return ledger.Told(t) }

// PlaybookEntry is a playbook.
type PlaybookEntry struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Level     string          `json:"level" enum:"watch,serious,crisis"`
	About     string          `json:"about,omitempty"`
	Steps     []SituationStep `json:"steps"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// PlaybookDraft is a playbook to be kept.
type PlaybookDraft struct {
	Name  string               `json:"name" maxLength:"200"`
	Level string               `json:"level" enum:"watch,serious,crisis"`
	About string               `json:"about,omitempty" maxLength:"4000"`
	Steps []SituationStepDraft `json:"steps" maxItems:"40"`
}

func ofBook(b situation.Playbook) PlaybookEntry {
	return PlaybookEntry{b.ID, b.Name, string(b.Level), b.About, ofSteps(b.Steps), b.UpdatedAt}
}

func (d PlaybookDraft) book(id string) situation.Playbook {
	return situation.Playbook{ID: id, Name: d.Name, Level: situation.Level(d.Level), About: d.About, Steps: steps(d.Steps)}
}
