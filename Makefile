# The socket lab. `make help` lists what there is; every target does the set-up it needs.

VENV ?= .venv
PYTHON ?= python3
LAB := $(VENV)/bin/lab
PYTEST := $(VENV)/bin/python -m pytest
ZH := $(findstring zh,$(or $(LC_ALL),$(LC_MESSAGES),$(LANG)))

TARGETS := help scenario shell scenarios grade inspect explain diff list claims validate selftest test attacks unit lint soak bench docs handouts golden doctor clean autograder assistant

# Compiled modules are kept whatever the environment says: every worker of the tests, every command would compile anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: $(TARGETS)

# Behind two number signs: what a target does, in English | in Chinese | the variables that it takes. Others on the
# command line are refused: a misspelt SUBMISSION would run the solution.
NS := \#
GOALS := $(or $(MAKECMDGOALS),help)
GIVEN := $(foreach V,$(.VARIABLES),$(if $(filter command,$(origin $V)),$V))
OF_ENVIRONMENT := VENV PYTHON SHELL LANG LC_% DOCKER_% LAB_KEY COLUMNS NO_COLOR TERM HOME TMPDIR %_proxy %_PROXY
UNSURE := $(filter-out $(OF_ENVIRONMENT),$(GIVEN))
ifneq ($(UNSURE),)
ifeq ($(filter-out $(TARGETS),$(GOALS)),)
TAKEN := $(shell awk -F ' *$(NS)$(NS) *| *[|] *' '/^[a-z]+:.* $(NS)$(NS) / { sub(/:.*/, "", $$1); if (index(" $(GOALS) ", " " $$1 " ")) while (match($$4, /[A-Z]+=/)) { print substr($$4, RSTART, RLENGTH - 1); $$4 = substr($$4, RSTART + RLENGTH) } }' $(MAKEFILE_LIST))
UNKNOWN := $(filter-out $(TAKEN),$(UNSURE))
ifneq ($(UNKNOWN),)
$(error $(if $(ZH),make $(GOALS) 没有变量 $(UNKNOWN)；它有：$(or $(TAKEN),无),make $(GOALS) takes no $(UNKNOWN); it takes $(or $(TAKEN),no variable)))
endif
endif
endif

help: ## Show this list | 显示本列表
	@awk -F ' *$(NS)$(NS) *| *[|] *' '/^[a-z]+:.* $(NS)$(NS) / { \
		sub(/:.*/, "", $$1); printf "  make %-10s  %s\n", $$1, "$(ZH)" ? $$3 : $$2; \
		n = split($$4, word, / [[]/); line = word[1]; \
		for (i = 2; i <= n; i++) if (length(line) + length(word[i]) > 90) { printf "%21s%s\n", "", line; line = "[" word[i] } else line = line " [" word[i]; \
		if (line) printf "%21s%s\n", "", line }' $(MAKEFILE_LIST)

scenario: named-scenario $(VENV)/.run ## Run one | 运行一个场景 | NAME=tcp-multiclient [SUBMISSION=server.py] [SEED=7] [WATCH=1] [TRACE=1] [JSON=1] [QUIET=1]
	@$(LAB) $(if $(WATCH),watch,run) $(NAME) $(if $(SUBMISSION),--submission "$(SUBMISSION)") $(if $(SEED),--seed $(SEED)) $(if $(TRACE),--trace) $(if $(JSON),--json) $(if $(QUIET),-q)

shell: named-shell $(VENV)/.run ## Be inside its hosts, at a prompt | 进入其主机的命令行 | NAME=tcp-multiclient [HOST=alice] [SUBMISSION=server.py] [SEED=7] [MINUTES=120]
	@$(LAB) shell $(NAME) $(if $(HOST),--host $(HOST)) $(if $(SUBMISSION),--submission "$(SUBMISSION)") $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

scenarios: $(VENV)/.run ## Run all of them, several at once | 运行所有场景，几个同时进行 | [JOBS=4] [JSON=1] [QUIET=1]
	@$(LAB) run --all $(if $(JOBS),--jobs $(JOBS)) $(if $(JSON),--json) $(if $(QUIET),-q)

autograder: $(VENV)/.run ## Make Gradescope's autograder.zip | 生成 Gradescope 的 autograder.zip | EXERCISE=tcp-multiclient ENGINE=folder/ [OUT=autograder.zip]
	@$(VENV)/bin/python docs/setups/gradescope/build.py "$(EXERCISE)" "$(ENGINE)" "$(or $(OUT),autograder.zip)"

grade: given-grade $(VENV)/.run ## Grade submissions | 为提交评分 | EXERCISE=tcp-multiclient SUBMISSIONS=homework3/ [ONE=1] [OUT=folder/] [FORMAT=moodle] [JOBS=4] [ROSTER=course.csv] [ASSIGNMENT=HW3] [AGAIN=1] [JSON=1] [QUIET=1]
	@$(LAB) grade "$(EXERCISE)" "$(SUBMISSIONS)" $(if $(ONE),--one) $(if $(OUT),--out "$(OUT)") $(foreach F,$(FORMAT),--format $(F)) $(if $(JOBS),--jobs $(JOBS)) $(if $(ROSTER),--roster "$(ROSTER)") $(if $(ASSIGNMENT),--assignment "$(ASSIGNMENT)") $(if $(AGAIN),--again) $(if $(JSON),--json) $(if $(QUIET),-q)

inspect: named-inspect $(VENV)/.run ## Look into its last capture | 查看最近一次抓包 | NAME=tcp-multiclient [CONVERSATION=1] [HEX=1] [ALL=1] [PACKET=5] [HTML=page.html] [RUN=…]
	@$(LAB) inspect $(NAME) $(if $(CONVERSATION),-c $(CONVERSATION)) $(if $(HEX),--hex) $(if $(ALL),--all) $(if $(PACKET),--packet $(PACKET)) $(if $(HTML),--html "$(HTML)") $(if $(RUN),--run $(RUN))

explain: named-explain $(VENV)/.run ## Say in sentences what happened in its last run | 用句子说明最近一次运行 | NAME=tcp-multiclient [CONVERSATION=1] [ALL=1] [RUN=…] [JSON=1]
	@$(LAB) explain $(NAME) $(if $(CONVERSATION),-c $(CONVERSATION)) $(if $(ALL),--all) $(if $(RUN),--run $(RUN)) $(if $(JSON),--json)

diff: $(VENV)/.run ## What is different in its last two runs, or in two of yours | 最近两次运行（或指定的两次）有何不同 | NAME=tcp-multiclient, A=run B=run [JSON=1]
	@$(LAB) diff $(or $(A),$(NAME)) $(B) $(if $(JSON),--json)

assistant: named-assistant $(VENV)/.run ## Be the other end of a program by hand | 网络调试助手：手动充当程序的另一端 | NAME=tcp-multiclient [HOST=bob] [WITH=server] [SEED=7] [MINUTES=120]
	@$(LAB) assistant $(NAME) $(if $(HOST),--host $(HOST)) $(foreach P,$(WITH),--with $(P)) $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

given-grade: # before anything is installed
	$(if $(and $(EXERCISE),$(SUBMISSIONS)),,$(error $(if $(ZH),哪个练习，哪些提交？,which exercise, and what was handed in?) make grade EXERCISE=tcp-multiclient SUBMISSIONS=dir/))

named-%: # before anything is installed
	$(if $(NAME),,$(error $(if $(ZH),哪一个？,which one?) make $* NAME=tcp-multiclient$(if $(ZH),；,; )make list))

list: $(VENV)/.run ## The scenarios there are, and how they ended last | 列出所有场景及其最近一次运行的结果 | [JSON=1]
	@$(LAB) list $(if $(JSON),--json)

claims: $(VENV)/.run ## What the texts claim, and what the last runs show of it | 教材中的说法与验证结果 | [JSON=1]
	@$(LAB) claims $(if $(JSON),--json)

validate: $(VENV)/.run ## Check scenario files without running them | 检查场景文件，不运行 | [NAME=tcp-multiclient]
	@$(LAB) validate $(or $(NAME),$(notdir $(patsubst %/,%,$(wildcard scenarios/*/))))

selftest: $(VENV)/.run ## Is an exercise sound? Before publishing | 发布前检查练习是否可靠 | EXERCISE=tcp-multiclient [JOBS=4] [JSON=1]
	@$(LAB) selftest $(EXERCISE) $(if $(JOBS),--jobs $(JOBS)) $(if $(JSON),--json)

test: $(VENV)/.dev ## Run every test, those on real containers too | 运行全部测试，包括真实容器上的测试 | [WORKERS=6] [ARGS="-k wire"]
	@$(PYTEST) -n $(or $(WORKERS),6) --dist worksteal $(ARGS)

attacks: $(VENV)/.dev ## Grade every attack, print what each got | 给所有攻击评分并列表 | [ARGS="25 49-html"]
	@$(VENV)/bin/python -m tests.attacks $(ARGS)

unit: $(VENV)/.dev ## Run the tests that need no engine | 只运行不需要引擎的测试 | [ARGS="-k wire"]
	@$(PYTEST) -n auto tests/unit $(ARGS)

lint: $(VENV)/.dev ## Formatting, linting, types, architecture | 检查格式、代码规范、类型和架构
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

soak: $(VENV)/.dev ## Run all 20 times idle and 20 times loaded: same verdicts? | 空闲、满载各运行 20 遍，比较结论 | [ARGS="--runs 5 tcp-hello"]
	@$(VENV)/bin/python -m tests.soak $(ARGS)

bench: $(VENV)/.dev ## Measure speed against the floor | 测量速度，与下限比较 | [ARGS=…]
	@$(VENV)/bin/python -m tests.bench $(ARGS)

docs: $(VENV)/.dev ## Renew the generated reference pages and the JSON Schema | 重新生成参考文档和 JSON Schema
	@$(LAB) schema > scenarios/scenario.schema.json
	@$(VENV)/bin/python -m lab.reference

handouts: $(VENV)/.run ## Fill the figures of handouts from real runs | 用真实运行填写讲义中的图 | [NAME=tcp-hello] [CHECK=1]
	@$(LAB) handouts $(NAME) $(if $(CHECK),--check)

golden: $(VENV)/.dev ## Renew the golden files; read the difference before committing | 重新生成 golden 文件
	@RENEW_GOLDEN=1 $(PYTEST) tests/unit -n auto -q; git diff --stat tests/golden

doctor: $(VENV)/.run ## Say what is missing; mend it with FIX=1 | 检查环境；FIX=1 修复 | [FIX=1]
	@$(LAB) doctor $(if $(FIX),--fix)

clean: $(VENV)/.run ## Remove what dead runs left, and the run directories | 清除遗留的容器和运行目录
	@$(LAB) clean --runs

$(VENV)/.run: pyproject.toml constraints.txt
	@$(PYTHON) lab/bootstrap.py $(VENV)
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	@$(PYTHON) lab/bootstrap.py $(VENV) dev
	@touch $@ $(VENV)/.run
