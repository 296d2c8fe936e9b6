package migrations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A SettingError is one setting of PostgreSQL with which the platform refuses to serve.
type SettingError struct {
	Name  string // as in postgresql.conf
	Value string // what it is now; empty if this role may not read it
	Want  string // what it must be
	Why   string // what would be lost or would leak otherwise
	Fix   string // what to run
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("数据库设置 %s = %q，必须为 %s：%s。处理：%s", e.Name, e.Value, e.Want, e.Why, e.Fix)
}

// Querier is a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// CheckSettings refuses a database on which a committed guarantee could be lost, or whose server
// would write what is sealed (who bids, and how many) into its logs and statistics. It reads the
// settings as they hold for the role and database of db, so that overrides by ALTER ROLE and ALTER
// DATABASE count. The error joins one *SettingError per fault. A role that may not read a setting
// is refused too: what cannot be seen is not known to be right.
func CheckSettings(ctx context.Context, db Querier) error {
	settings, err := readSettings(ctx, db)
	if err != nil {
		return err
	}
	var faults []error
	for _, r := range rules {
		if value, readable := settings[r.name]; !readable {
			faults = append(faults, r.unreadable())
		} else if !r.holds(value) {
			faults = append(faults, r.fault(value))
		}
	}
	return errors.Join(append(faults, loadedRecorders(settings)...)...)
}

func readSettings(ctx context.Context, db Querier) (map[string]string, error) {
	rows, err := db.Query(ctx, `select name, setting from pg_settings`)
	if err != nil {
		return nil, fmt.Errorf("read the settings of the database: %w", err)
	}
	settings := map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		settings[name] = value
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the settings of the database: %w", err)
	}
	return settings, nil
}

// How a changed setting takes effect.
const (
	byReload  = "select pg_reload_conf()"
	byRestart = "重启 PostgreSQL"
)

type rule struct {
	name   string
	wanted []string // any of these; the first is the one to set
	why    string
	effect string
}

func (r rule) holds(value string) bool { return slices.Contains(r.wanted, value) }

func (r rule) fault(value string) error {
	return &SettingError{Name: r.name, Value: value, Want: strings.Join(r.wanted, " 或 "), Why: r.why, Fix: r.fix()}
}

func (r rule) unreadable() error {
	return &SettingError{
		Name: r.name, Want: strings.Join(r.wanted, " 或 "), Why: "当前数据库用户无权读取此项，无法确认",
		Fix: "grant pg_read_all_settings to <数据库用户>",
	}
}

func (r rule) fix() string {
	if r.name == "data_checksums" {
		return "停止 PostgreSQL 后运行 pg_checksums --enable -D <数据目录>"
	}
	return fmt.Sprintf("alter system set %s = '%s'; 然后%s（如曾对该库或该用户另行设置，先 alter database … reset / alter role … reset）",
		r.name, r.wanted[0], r.effect)
}

const (
	lostOnCrash = "断电或崩溃会丢失已经答复为“已受理”的保函"
	logsSecrets = "服务器日志会记下语句或其中的数据，开标前即可据此看出谁在投标"
)

// rules are the settings that must hold. Unlike promises in the code they can be changed behind
// our back, so they are read at every start.
var rules = []rule{
	{"fsync", []string{"on"}, lostOnCrash, byReload},
	{"full_page_writes", []string{"on"}, "断电可能留下写了一半的页，数据无法恢复", byReload},
	{"synchronous_commit", []string{"on", "remote_apply"}, lostOnCrash, byReload},
	{"data_checksums", []string{"on"}, "磁盘上的损坏不会被发现", byRestart},
	{"data_sync_retry", []string{"off"}, "刷盘失败会被当作成功", byRestart},
	{"ignore_checksum_failure", []string{"off"}, "损坏的页会被当作完好的读出", byReload},
	{"zero_damaged_pages", []string{"off"}, "损坏的页会被悄悄清零", byReload},

	{"log_error_verbosity", []string{"terse"}, "报错的 DETAIL 会把冲突的数据写进日志", byReload},
	{"log_min_error_statement", []string{"panic"}, logsSecrets, byReload},
	{"log_parameter_max_length", []string{"0"}, logsSecrets, byReload},
	{"log_parameter_max_length_on_error", []string{"0"}, logsSecrets, byReload},
	{"log_statement", []string{"none"}, logsSecrets, byReload},
	{"log_min_duration_statement", []string{"-1"}, logsSecrets, byReload},
	{"log_min_duration_sample", []string{"-1"}, logsSecrets, byReload},
	{"log_transaction_sample_rate", []string{"0"}, logsSecrets, byReload},
	{"debug_print_parse", []string{"off"}, logsSecrets, byReload},
	{"debug_print_rewritten", []string{"off"}, logsSecrets, byReload},
	{"debug_print_plan", []string{"off"}, logsSecrets, byReload},
	// 100 bytes is the least that PostgreSQL allows. Our statements carry placeholders, not values;
	// this bounds what a hand-written one shows in pg_stat_activity to everyone who may look there.
	{"track_activity_query_size", []string{"100"}, "pg_stat_activity 会显示正在执行的语句全文", byRestart},
}

// recorders are extensions that keep or log the text of statements, with the values in it.
var recorders = []string{
	"auto_explain", "pg_stat_statements", "pg_stat_monitor", "pg_store_plans", "pg_qualstats", "pgaudit",
}

// loadedRecorders looks where a module is loaded for everybody, and at the settings that a module
// brings when it has been loaded into this session in any other way.
func loadedRecorders(settings map[string]string) []error {
	var faults []error
	for _, list := range []string{"shared_preload_libraries", "session_preload_libraries", "local_preload_libraries"} {
		r := rule{name: list, wanted: []string{""}, why: logsSecrets, effect: byRestart}
		value, readable := settings[list]
		if !readable {
			faults = append(faults, r.unreadable())
			continue
		}
		if name := recorderIn(value); name != "" {
			faults = append(faults, recorderFault(list, value, name))
		}
	}
	for _, name := range recorders {
		if setting := firstWithPrefix(settings, name+"."); setting != "" && len(faults) == 0 {
			faults = append(faults, recorderFault(setting, settings[setting], name))
		}
	}
	return faults
}

func recorderFault(setting, value, name string) error {
	return &SettingError{
		Name: setting, Value: value, Want: "不含 " + name, Why: name + " 会保存或记录语句文本",
		Fix: "从 shared_preload_libraries、session_preload_libraries、local_preload_libraries 中去掉 " + name + "，然后" + byRestart,
	}
}

func recorderIn(list string) string {
	for item := range strings.SplitSeq(list, ",") {
		item = strings.Trim(strings.TrimSpace(item), `"`)
		item = strings.TrimSuffix(item[strings.LastIndex(item, "/")+1:], ".so")
		if slices.Contains(recorders, item) {
			return item
		}
	}
	return ""
}

func firstWithPrefix(settings map[string]string, prefix string) string {
	var first string
	for name := range settings {
		if strings.HasPrefix(name, prefix) && (first == "" || name < first) {
			first = name
		}
	}
	return first
}
