package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/client"
	"baohan/internal/clock"
	"baohan/internal/clock/sqlclock"
	"baohan/internal/story"
	"baohan/party"
	"baohan/web"
	"baohan/web/view"
)

// demoPIN opens every key file of the demonstration.
const demoPIN = "123456"

const (
	demoRoles  = "roles.json"
	demoSuffix = ".baohan.pem"
)

// demoHouse is what the file roles.json says.
type demoHouse struct {
	Actors []view.DemoActor `json:"actors"`
	Desks  []view.Link      `json:"desks"`
}

// loadDemo reads the demonstration's parts for the page /demo. Without the setting there are none.
func loadDemo(s *Settings, clk clock.Clock, pool *pgxpool.Pool) (*web.Demo, error) {
	if s.DemoRoles == "" {
		return nil, nil
	}
	stepped, ok := clk.(*clock.Stepped)
	if !ok {
		return nil, errors.New("demo-roles 只用于演示：须同时设置演示时钟 clock-file")
	}
	text, err := os.ReadFile(filepath.Join(s.DemoRoles, demoRoles))
	if err != nil {
		return nil, fmt.Errorf("demo-roles：%w", err)
	}
	var house demoHouse
	if err := json.Unmarshal(text, &house); err != nil {
		return nil, fmt.Errorf("demo-roles：%w", err)
	}
	d := &web.Demo{Desks: house.Desks, Step: func(ctx context.Context, to time.Time) error { return stepped.Set(ctx, to, sqlclock.Mirror(pool)) }}
	for _, a := range house.Actors {
		file, err := os.ReadFile(filepath.Join(s.DemoRoles, a.Key+demoSuffix))
		if err != nil {
			return nil, fmt.Errorf("demo-roles：%w", err)
		}
		me, err := client.ReadKeyFile(file, []byte(a.PIN), lightly(true)...)
		if err != nil {
			return nil, fmt.Errorf("demo-roles：%s：%w", a.Key, err)
		}
		d.Actors = append(d.Actors, web.DemoActor{DemoActor: a, File: file, Sign: me.Sign, Chain: me.Chain, OpenChain: me.OpenChain})
	}
	return d, nil
}

// parts are who can be tried in the demonstration, and what there is to do.
func (w *theatre) parts() (all []view.DemoActor, keys map[string]story.Member) {
	keys = map[string]story.Member{}
	add := func(key string, role party.Role, m story.Member, does string) {
		all = append(all, view.DemoActor{Key: key, PIN: demoPIN, Name: m.Party.Name, Role: role, Does: does})
		keys[key] = m
	}
	add("bidder", party.Bidder, w.cast.Bidders[0], "找一个标段，比较各家报价，买保函，递交投标；开标时解密、确认、签名。")
	add("bidder-2", party.Bidder, w.cast.Bidders[1], "第二个投标人：开标至少要有三家。")
	add("bidder-3", party.Bidder, w.cast.Bidders[2], "第三个投标人。")
	add("agent", party.Agent, w.cast.Agent, "发布标段，主持不见面开标，登记中标和合同。")
	add("tenderer", party.Beneficiary, w.cast.Invest, "一次签名解除一个标段的保函，分步索赔。")
	add("clerk", party.Guarantor, w.clerks[0], "没有自己系统的银行：受理申请、决定承保、登记保费已收（演示中没有真钱，登记即可）。")
	add("clerk-2", party.Guarantor, w.clerks[1], "同一家银行的另一位经办人：双人经办，由他签发保函。")
	add("bank", party.Guarantor, w.cast.Bank, "有系统的银行：申请由系统即时办理，这里看它的保函、索赔和送达。")
	add("centre", party.Centre, story.Member{Party: w.house.Centre, Sign: w.centre}, "开标、应急、工作日历。")
	add("supervisor", party.Supervisor, story.Member{Party: w.house.Supervisor, Sign: w.supervisor}, "在线监督开标，同意延长，确认原因；逾期未解除的保函。")
	add("operator", party.Operator, story.Member{Party: w.house.Platform, Sign: w.operator}, "送达失败、后台任务；看不到任何业务。")
	return all, keys
}

// openDoor writes what the platform's page /demo gives out, and serves the custodians' pages.
func (w *theatre) openDoor(ctx context.Context) error {
	house := demoHouse{}
	actors, keys := w.parts()
	house.Actors = actors
	for i := range w.addresses {
		url, stop, err := officerDesk(ctx, "127.0.0.1:0", filepath.Join(w.own(i), custodyDir), w.base, w.log)
		if err != nil {
			return err
		}
		w.doors = append(w.doors, stop)
		house.Desks = append(house.Desks, view.Link{Href: url, Text: w.house.holders()[i].Name})
	}
	text, err := json.Marshal(house)
	if err := errors.Join(err, os.MkdirAll(w.path("roles"), 0o700)); err != nil {
		return err
	}
	for key, m := range keys {
		file, err := client.WriteKeyFile(m.Sign.Key, m.Sign.Chain, m.Open.Key, m.Open.Chain, []byte(demoPIN), lightly(true)...)
		if err := errors.Join(err, os.WriteFile(w.path("roles", key+demoSuffix), file, 0o600)); err != nil {
			return err
		}
	}
	return os.WriteFile(w.path("roles", demoRoles), text, 0o600)
}
