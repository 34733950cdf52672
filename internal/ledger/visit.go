package ledger

// What somebody does who comes to a contact point with a question. The object of each is the visit, a random name that a browser keeps for a few
// days; what was asked is not kept.
const (
	VisitBegun  = "visit.begun"  // Visit
	VisitRead   = "visit.read"   // AnswerRead
	VisitJudged = "visit.judged" // Judgement
	VisitWrote  = "visit.wrote"  // VisitThread: contact was made
)

// Visit is somebody with a question.
type Visit struct {
	Point   string `json:"point"`             // the contact point
	Widget  bool   `json:"widget,omitempty"`  // on a page of somebody else's
	Held    bool   `json:"held,omitempty"`    // no answers were shown, to compare
	Holdout int    `json:"holdout,omitempty"` // percent of those who come from whom answers are held back
	Offered int    `json:"offered,omitempty"` // answers shown
	Lang    string `json:"lang,omitempty"`
	Days    int    `json:"days,omitempty"` // within how many days writing to us is about it; 0 is 3, as it was before points said so
	By      string `json:"by,omitempty"`   // identity of whoever is signed in; "" for everybody else
}

// AnswerRead names the answer somebody opened.
type AnswerRead struct {
	Kind string `json:"kind"` // question, article
	Ref  string `json:"ref"`
}

// Judgement is what somebody says on leaving; "" says nothing, "yes" or "no".
type Judgement struct {
	Found string `json:"found,omitempty"` // an answer
	Would string `json:"would,omitempty"` // have written to us without it
}

// VisitThread names the first post of what somebody wrote.
type VisitThread struct {
	Post string `json:"post"`
}
