package kpi

import "slices"

// All lists the measures in the order in which they are shown: first those that everybody looks at, then by section of the catalogue.
func All() []Measure {
	return slices.Concat([]Measure{
		Volume(),            // how much is said
		OpenConversations(), // how much waits for us
		ResponseRate(),      // how much of it we answer
		FirstResponseTime(), // how soon
		ResolutionTime(),    // how soon it is done
		NetSentiment(),      // how they speak of us
		OverallSentiment(),  // the same by what models say of all posts
	}, service(), customerMeasures(), reputationMeasures(), communityMeasures(), Ideas(), working(), []Measure{ProgrammeReturn(), ProgrammePotential()})
}

func service() []Measure {
	return slices.Concat([]Measure{FirstResponseHours(), ServiceLevel(), FirstContactResolution(), ComplaintFollowUp()}, CrisisTimes(), []Measure{
		DeflectedContacts(), DeflectedEntitled(), DeflectedExplicit(), DeflectedHoldout(), ContactAvoidance(),
		ContactSaving(), ContactSavingNet(), CostPerContactSaved(), CSAT(), NPS(), CES(), KnowledgeCorrection(), ArticleReuse(),
	})
}

func customerMeasures() []Measure {
	return slices.Concat([]Measure{
		Retention(), Churn(), GrossRevenueRetention(), NetRevenueRetention(), CustomerLifetimeValue(),
		LeadConversion(), SocialLeadShare(), CostPerLead(), WinRate(), LeadCycle(), ActiveAmbassadors(), AdvocacyShare(), ReferralConversion(),
	}, Attributions(), []Measure{MemberEffect()})
}

func reputationMeasures() []Measure {
	return slices.Concat([]Measure{ShareOfVoice(), ShareOfVoiceByReach(), Polarity()}, EngagementRates(), []Measure{ReputationIndex()})
}

func communityMeasures() []Measure {
	return []Measure{
		Stickiness(), Activation(), MemberRetention(4), MemberRetention(12), ContributingShare(), ContributionGini(), TopContributors(),
		AnswerRate(), SolveRate(), FirstReplyTime(), StaffShare(), OrphanRate(), CommunityHealth(),
		NetworkDensity(), NetworkReciprocity(), ConnectedShare(), BusFactor(),
	}
}

func working() []Measure {
	return slices.Concat([]Measure{
		EmployeeParticipation(), TrainedAndActive(), EmployeeNPS(), ApplicantQuality(), InterviewRate(), OfferAcceptance(), QualityOfHire(),
		SupplierSavings(), CostAvoidance(), PartnerEngagement(),
	}, Alliance())
}
