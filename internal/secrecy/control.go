package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"baohan/client/wire"
)

// control shows that the search finds what is there: a name that nobody has, in every spelling, in rows that were
// deleted, in the WAL and in the files; and every bidder in the registry, where it stands by design.
func (e *examination) control(ctx context.Context) error {
	decoy := needle{who, "the decoy", "并不存在的诱饵建设有限公司91430100000000000X"}
	forms, x := decoy.forms(), newIndex([]needle{decoy})
	begin, err := e.lsn(ctx)
	if err != nil {
		return err
	}
	if _, err := e.pool.Exec(ctx, `CREATE TABLE decoy (b bytea); ALTER TABLE decoy ALTER b SET STORAGE EXTERNAL`); err != nil {
		return err
	}
	for _, f := range forms {
		if _, err := e.pool.Exec(ctx, `INSERT INTO decoy VALUES ($1)`, f.bytes); err != nil {
			return err
		}
	}
	if _, err := e.pool.Exec(ctx, `DELETE FROM decoy; CHECKPOINT`); err != nil {
		return err
	}
	end, err := e.lsn(ctx)
	if err != nil {
		return err
	}
	wal, err := e.wal(ctx, begin, end)
	if err != nil {
		return err
	}
	files, err := e.fileSurfaces(ctx, "")
	if err != nil {
		return err
	}
	var heap []byte
	for _, f := range files {
		if f.name == "files of decoy " {
			heap = f.text
		}
	}
	e.mustFind("every spelling in the WAL", len(x.find(wal)), len(forms))
	e.mustFind("every spelling in dead rows of a file", len(x.find(heap)), len(forms))
	bidders := newIndex(needlesOf(e.bidders))
	registry, err := e.dump(ctx, "organisation", "")
	if err != nil {
		return err
	}
	e.mustFind("every bidder in the registry", whoIn(bidders.find(registry)), len(e.bidders))
	_, err = e.pool.Exec(ctx, `DROP TABLE decoy`)
	return err
}

func (e *examination) mustFind(what string, found, all int) {
	e.say("control: %s: %d of %d", what, found, all)
	if found != all {
		e.fault(fmt.Sprintf("the search is blind: %s: %d of %d", what, found, all))
	}
}

// whoIn counts the bidders among what was found.
func whoIn(found []form) int {
	all := map[string]bool{}
	for _, f := range found {
		if f.kind == who {
			all[f.whose] = true
		}
	}
	return len(all)
}

// afterOpening lets the deadline pass. What nobody could find is public now, and the same search finds it.
func (e *examination) afterOpening(ctx context.Context) error {
	if !e.open {
		return nil
	}
	begin, err := e.lsn(ctx)
	if err != nil {
		return err
	}
	if err := e.step(ctx, e.deadline().Add(time.Second)); err != nil {
		return err
	}
	var answers []byte
	for _, lot := range e.lots {
		body, err := e.opened(ctx, lot)
		if err != nil {
			return fmt.Errorf("the opening of %s: %w", lot.Lot.Code, err)
		}
		answers = append(answers, body...)
	}
	end, err := e.lsn(ctx)
	if err != nil {
		return err
	}
	wal, err := e.wal(ctx, begin, end)
	if err != nil {
		return err
	}
	table, err := e.dump(ctx, "opened_bid", "")
	if err != nil {
		return err
	}
	bidders := newIndex(needlesOf(e.bidders))
	e.mustFind("after the opening, every bidder in what is published", whoIn(bidders.find(answers)), len(e.bidders))
	e.mustFind("after the opening, every bidder in opened_bid", whoIn(bidders.find(decoded(table))), len(e.bidders))
	e.mustFind("after the opening, every bidder in the WAL", whoIn(bidders.find(wal)), len(e.bidders))
	return nil
}

// opened waits for a lot's opening, as a stranger, and returns it.
func (e *examination) opened(ctx context.Context, lot wire.Lot) (body []byte, err error) {
	return body, soon(ctx, func() (bool, error) {
		a, err := e.get(ctx, caller{}, "/api/v1/lots/"+lot.ID+"/opening")
		body = a.body
		return err == nil && a.status == http.StatusOK, err
	})
}
