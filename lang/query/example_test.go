package query_test

import (
	"fmt"

	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

func Example() {
	stemmer := lang.NewStemmer()
	q, problems := query.Parse(`(réclamation OR "service client") -recette lang:fr`)
	fmt.Println(q, problems)

	post := query.NewDoc(query.Doc{Lang: "fr", Text: "Deux réclamations, et toujours rien !"}, stemmer)
	fmt.Println(q.Match(post))
	fmt.Println(query.NewSet([]*query.Query{q}).Match(post))
	fmt.Println(post.IndexText(stemmer))

	_, problems = query.Parse("autor:jean")
	fmt.Println(problems[0].Key, problems[0].Suggestion)
	// Output:
	// (réclamation OR "service client") -recette lang:fr []
	// true
	// [0]
	// deux reclam et toujour rien
	// query.unknown_field_near author:
}
