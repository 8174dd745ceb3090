# The socket lab. `make help` lists what there is; every target does the set-up it needs.

VENV ?= .venv
PYTHON ?= python3
LAB := $(VENV)/bin/lab
PYTEST := $(VENV)/bin/python -m pytest
ZH := $(findstring zh,$(or $(LC_ALL),$(LC_MESSAGES),$(LANG)))

.DEFAULT_GOAL := help
.PHONY: help scenario scenarios inspect list validate test unit lint soak bench docs handouts golden doctor clean

help: ## Show this list | 显示本列表
	@awk -F ' *## *| *[|] *' '/^[a-z]+:.*## / { name = $$1; sub(/:.*/, "", name); printf "  make %-10s %s\n", name, "$(ZH)" ? $$3 : $$2 }' $(MAKEFILE_LIST)

scenario: named-scenario $(VENV)/.run ## Run one: NAME=tcp-multiclient [SUBMISSION=folder] [JSON=1] [QUIET=1] | 运行一个场景：NAME=tcp-multiclient
	@$(LAB) run $(NAME) $(if $(SUBMISSION),--submission "$(SUBMISSION)") $(if $(JSON),--json) $(if $(QUIET),-q)

scenarios: $(VENV)/.run ## Run all of them, several at once: [JOBS=4] [JSON=1] [QUIET=1] | 运行所有场景，几个同时进行：[JOBS=4] [JSON=1]
	@$(LAB) run --all $(if $(JOBS),--jobs $(JOBS)) $(if $(JSON),--json) $(if $(QUIET),-q)

inspect: named-inspect $(VENV)/.run ## Look into its last capture: NAME=… [CONVERSATION=1] [HEX=1] [ALL=1] [PACKET=5] [RUN=…] | 查看最近一次抓包：NAME=… [CONVERSATION=1]
	@$(LAB) inspect $(NAME) $(if $(CONVERSATION),-c $(CONVERSATION)) $(if $(HEX),--hex) $(if $(ALL),--all) $(if $(PACKET),--packet $(PACKET)) $(if $(RUN),--run $(RUN))

named-%: # before anything is installed
	@[ -n "$(NAME)" ] || { echo "$(if $(ZH),哪一个？,which one?) make $* NAME=tcp-multiclient$(if $(ZH),；,; )make list" >&2; exit 2; }

list: $(VENV)/.run ## The scenarios there are, and how they ended last: [JSON=1] | 列出所有场景及其最近一次运行的结果：[JSON=1]
	@$(LAB) list $(if $(JSON),--json)

validate: $(VENV)/.run ## Check scenario files without running them: [NAME=…] | 检查场景文件，不运行
	@$(LAB) validate $(or $(NAME),$(notdir $(patsubst %/,%,$(wildcard scenarios/*/))))

test: $(VENV)/.dev ## Run every test, those on real containers too | 运行全部测试，包括真实容器上的测试
	@$(PYTEST) -n $(or $(WORKERS),4) --dist worksteal $(ARGS)

unit: $(VENV)/.dev ## Run the tests that need no engine | 只运行不需要引擎的测试
	@$(PYTEST) -n auto tests/unit $(ARGS)

lint: $(VENV)/.dev ## Formatting, linting, types, architecture | 检查格式、代码规范、类型和架构
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

soak: $(VENV)/.dev ## Run all 20 times idle and 20 times loaded: same verdicts? [ARGS="--runs 5 NAME…"] | 空闲、满载各运行 20 遍，比较结论
	@$(VENV)/bin/python -m tests.soak $(ARGS)

bench: $(VENV)/.dev ## Measure speed against the floor | 测量速度，与下限比较
	@$(VENV)/bin/python -m tests.bench $(ARGS)

docs: $(VENV)/.dev ## Renew the generated reference pages and the JSON Schema | 重新生成参考文档和 JSON Schema
	@$(LAB) schema > scenarios/scenario.schema.json
	@$(VENV)/bin/python -m lab.reference

handouts: $(VENV)/.run ## Fill the figures of handouts from real runs: [NAME=…] [CHECK=1] | 用真实运行填写讲义中的图：[NAME=…] [CHECK=1]
	@$(LAB) handouts $(NAME) $(if $(CHECK),--check)

golden: $(VENV)/.dev ## Renew the golden files; read the difference before committing | 重新生成 golden 文件
	@RENEW_GOLDEN=1 $(PYTEST) tests/unit -n auto -q; git diff --stat tests/golden

doctor: $(VENV)/.run ## Say what is missing; mend it with FIX=1 | 检查环境；FIX=1 修复
	@$(LAB) doctor $(if $(FIX),--fix)

clean: $(VENV)/.run ## Remove what dead runs left, and the run directories | 清除遗留的容器和运行目录
	@$(LAB) clean --runs

$(VENV)/.run: pyproject.toml constraints.txt
	@$(PYTHON) lab/bootstrap.py $(VENV)
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	@$(PYTHON) lab/bootstrap.py $(VENV) dev
	@touch $@ $(VENV)/.run
