package ledger

import "time"

// The kinds of activity about situations: conversations with one cause. object: the situation, which has the id of the activity that opened it.
const (
	SituationOpened       = "situation.opened"       // Situation
	SituationAcknowledged = "situation.acknowledged" // Assigned: somebody took it on, and owns it when they are named
	SituationTurned       = "situation.turned"       // SituationTurn
	SituationGathered     = "situation.gathered"     // Gathered
	SituationLet          = "situation.let"          // Gathered: these do not belong to it after all
	SituationStepped      = "situation.stepped"      // Stepped
	SituationTold         = "situation.told"         // Told
	SituationNoted        = "situation.noted"        // Noted
	SituationWorded       = "situation.worded"       // Worded; the statement has the id of the activity
	SituationApproved     = "situation.approved"     // OfStatement
	SituationBegun        = "situation.begun"        // OfStatement: it goes out from now on
	SituationDelivered    = "situation.delivered"    // OfStatement: no copy is left to be handed over
	SituationStopped      = "situation.stopped"      // OfStatement: what was not yet on its way stays here
	SituationDiverted     = "situation.diverted"     // Diverted
	SituationRestored     = "situation.restored"     // Diverted: the change of routing ended
	SituationCleared      = "situation.cleared"      // Noted: the all-clear
	SituationReopened     = "situation.reopened"     // Noted
	SituationReviewed     = "situation.reviewed"     // Reviewed
)

// Situation describes a situation as it was opened.
type Situation struct {
	Name     string          `json:"name"`
	About    string          `json:"about,omitempty"`
	Level    string          `json:"level"` // watch, serious, crisis
	Owner    string          `json:"owner,omitempty"`
	Drill    bool            `json:"drill,omitempty"`
	Topic    string          `json:"topic,omitempty"` // id of a topic that hears of it
	Since    time.Time       `json:"since,omitzero"`  // when the first of it was said, where no conversation shows that
	Playbook string          `json:"playbook,omitempty"`
	Steps    []SituationStep `json:"steps,omitempty"`
}

// SituationStep is a step of a playbook.
type SituationStep struct {
	Name  string `json:"name"`
	After int64  `json:"after,omitempty"` // minutes after the detection
	Does  string `json:"does,omitempty"`  // acknowledge, tell, holding, statement, clear: what ticks it off by itself
}

// SituationTurn says what of a situation is otherwise from now on; what is nil stays.
type SituationTurn struct {
	Name  *string `json:"name,omitempty"`
	About *string `json:"about,omitempty"`
	Level *string `json:"level,omitempty"`
	Owner *string `json:"owner,omitempty"`
	Topic *string `json:"topic,omitempty"`
	Why   string  `json:"why,omitempty"`
}

// Gathered names conversations.
type Gathered struct {
	Conversations []string `json:"conversations"`
}

// Stepped says which step of the playbook was done, from 0.
type Stepped struct {
	Step int    `json:"step"`
	Name string `json:"name,omitempty"`
	Note string `json:"note,omitempty"`
}

// Told says who was told of a situation.
type Told struct {
	Members []string `json:"members,omitempty"` // ids
	Others  string   `json:"others,omitempty"`  // who is no member, in words
	Text    string   `json:"text"`
}

// Worded is a statement about a situation as it was written.
type Worded struct {
	Kind    string            `json:"kind"`              // holding, statement; elsewhere: it was said in another place
	Texts   map[string]string `json:"texts"`             // by language
	Short   string            `json:"short,omitempty"`   // where a place takes less
	Private bool              `json:"private,omitempty"` // in private wherever that is possible
	URL     string            `json:"url,omitempty"`     // where it was said
}

// OfStatement names a statement; the numbers are those of its copies.
type OfStatement struct {
	Statement string `json:"statement"`
	Copies    int    `json:"copies,omitempty"`
	Skipped   int    `json:"skipped,omitempty"`
}

// Diverted says how conversations are routed while a situation lasts.
type Diverted struct {
	Diversion string `json:"diversion"`
	Words     string `json:"words,omitempty"` // which conversations, in the query language
	Team      string `json:"team,omitempty"`
	To        string `json:"to,omitempty"` // member

	Hold []string `json:"hold,omitempty"` // members who get nothing else
}

// Reviewed is what people learned of a situation.
type Reviewed struct {
	Well    string `json:"well,omitempty"`
	Badly   string `json:"badly,omitempty"`
	Changes string `json:"changes,omitempty"`
}
