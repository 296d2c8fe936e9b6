package web

// pageRules are the rows of the guard's table for what pages have and the API has not. All other pages are guarded by the
// row of the operation that reads the same.
var pageRules = map[string]rule{
	"page-public":     {whose: public},
	"page-bidder":     {roles: bidders, whose: self},
	"page-guarantor":  {roles: guarantors, whose: self},
	"page-tenderer":   {roles: tenderers, whose: self},
	"page-centre":     {roles: centres, whose: self},
	"page-supervisor": {roles: supervisors, whose: self},
	"page-operator":   {roles: operators, whose: self},

	"page-own-project":   {roles: tenderers, whose: ofProject},
	"page-own-lot":       {roles: tenderers, whose: ofLot},
	"page-own-objection": {roles: tenderers, whose: ofObjection},
	"page-own-letter":    {roles: beneficiaries, whose: beneficiary, when: opened},
	"page-own-demand":    {roles: beneficiaries, whose: claimant, when: opened},
	"page-incidents":     {roles: incidentDesks, whose: self},
	"page-centre-lot":    {roles: centres, whose: overLot, when: opened},
	"page-own-order":     {roles: centres, whose: ofOrder},
}

// ruleOf finds the row of an operation or of a page.
func ruleOf(operation string) (rule, bool) {
	if r, ok := rules[operation]; ok {
		return r, true
	}
	r, ok := pageRules[operation]
	return r, ok
}

// people mounts the pages, role by role. Each file page_*.go says which are its own.
func (s *server) people() {
	s.entryPages()
	s.lotPages()
	s.hallPages()
	s.institutionPages()
	s.demoPages()
	s.tendererPages()
	s.deskPages()
	s.bidderPages()
}
