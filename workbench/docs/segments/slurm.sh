#!/bin/sh
# One run in segments as a Slurm array. On the machine that submits, with results on a file system that all nodes share:
#
#   export EXPERIMENT=$PWD/experiments/scenario3.yaml RESULTS=$PWD/results
#   export START=$(date -u -d '+2 minutes' +%Y-%m-%dT%H:%M:%SZ)
#   sbatch --wait --array=1-4 slurm.sh
#   workbench analyze "$RESULTS"/*/"$(date -u -d "$START" +%Y%m%dT%H%M%SZ)"
#
# All tasks have to have begun by START: one that comes later is refused, and the run is invalid. The nodes' clocks have to
# follow the time (chrony, systemd-timesyncd).
#SBATCH --job-name=workbench
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --no-requeue
#SBATCH --output=segment-%a.log
set -eu

exec "${WORKBENCH:-workbench}" run "$EXPERIMENT" --results "$RESULTS" --start-at "$START" \
    --segment "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
