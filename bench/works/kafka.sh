#!/usr/bin/env bash
# What a journal in Kafka costs, beside the local one in the same run: one broker on this machine, one copy. Sourced by compare.sh.
# shellcheck disable=SC2034,SC2153  # names of compare.sh and peers.sh

: "${KAFKA_RATE:=10000}" "${KAFKA_PARTITIONS:=12}"

# 1,000 lines a POST over 8 connections, as fast as they are acknowledged: acknowledged, delivered, and what the broker needs.
work_kafka_batch() {
  in_turns_with_broker kafka-batch 1000 8
}

# The same with one reading a POST over 64 connections.
work_kafka_single() {
  in_turns_with_broker kafka-single 1 64
}

# One reading a POST at KAFKA_RATE a second over 64 connections: how long an acknowledgement takes.
work_kafka_paced() {
  start kafka-broker
  open_loop_in_turns kafka-paced 64 "$KAFKA_RATE" sluice-kafka sluice
  end kafka-broker
}

# in_turns_with_broker WORK LINES CONNECTIONS
in_turns_with_broker() {
  local work=$1 lines=$2 connections=$3 round name
  start kafka-broker
  for name in sluice-kafka sluice; do
    start "$name"
    load_once "$name" "$lines" "$connections" 10000 "$WARM_SECONDS"
    settle "$name"
    hold "$name"
  done
  for round in $(seq "$ROUNDS"); do
    for name in $(in_order "$round" sluice-kafka sluice); do
      release "$name"
      acknowledged_and_delivered "$work" "$name" "$round" "$lines" "$connections"
      hold "$name"
    done
  done
  for name in sluice-kafka sluice kafka-broker; do
    end "$name"
  done
}

# acknowledged_and_delivered WORK NAME ROUND LINES CONNECTIONS
acknowledged_and_delivered() {
  local begin cpu broker records bytes readings seconds
  cpu=$(cpu_seconds "$2")
  broker=$(cpu_seconds kafka-broker)
  records=$(status_of "$2" .journal.next_offset)
  bytes=$(topic_bytes)
  begin=$(date +%s%N)
  load_once "$2" "$4" "$5" 10000 "$LOAD_SECONDS"
  readings=$((REQUESTS * $4))
  bytes=$(($(topic_bytes) - bytes))
  await 600 caught_up "$2"
  seconds=$(seconds_since "$begin")
  settle "$2"
  row "$1" "$2" "$3" "$(times "$RATE" "$4")" readings/s "$(per_million "$(minus "$(cpu_seconds "$2")" "$cpu")" "$readings")" \
    "$P99_US" "$FAILED"
  row "$1" "$2" "$3" "$(awk -v n="$readings" -v s="$seconds" 'BEGIN{printf "%.0f", n / s}')" "readings/s delivered"
  [ "$2" != sluice ] || return 0
  records=$(($(status_of "$2" .journal.next_offset) - records))
  row "$1" kafka-broker "$3" \
    "$(per_million "$(minus "$(cpu_seconds kafka-broker)" "$broker")" "$readings")" "CPU s per million readings"
  row "$1" kafka-broker "$3" "$(awk -v n="$readings" -v r="$records" 'BEGIN{printf "%.1f", n / r}')" "readings a record"
  row "$1" kafka-broker "$3" "$(awk -v n="$readings" -v b="$bytes" 'BEGIN{printf "%.1f", b / n}')" "bytes a reading in the topic"
}

# What the broker's logs of the topic take.
topic_bytes() {
  find "$SCRATCH/kafka-broker/logs" -path '*/bench-*/*.log' -printf '%s\n' | awk '{n += $1} END {printf "%d", n}'
}

launch_sluice_kafka() {
  serve sluice-kafka "${RETIRED[@]}" journal.kind=kafka "journal.kafka.servers=127.0.0.1:${PORT_OF[kafka-broker]}" \
    "journal.kafka.topic=bench-$RANDOM" journal.kafka.replication=1 journal.kafka.linger=1ms \
    "journal.kafka.partitions=$KAFKA_PARTITIONS"
}

# A broker with a gigabyte of heap and Kafka's own defaults but for one copy of everything. It is not stopped while others
# are measured: its controller would believe that its broker has died. Idle, it takes about a hundredth of a core.
launch_kafka_broker() {
  local port controller folder=$SCRATCH/kafka-broker
  "$ROOT/scripts/fetch-kafka.sh"
  port=$(free_port)
  controller=$(free_port)
  mkdir -p "$folder"
  cat >"$folder/server.properties" <<EOT
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$folder/logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
EOT
  kafka_java -Xmx128m kafka.tools.StorageTool format -t BenchmarkOfSluiceAAAAAA -c "$folder/server.properties" \
    >"$SCRATCH/kafka-broker.log" 2>&1
  kafka_java "-Xms1g" "-Xmx1g" kafka.Kafka "$folder/server.properties" >>"$SCRATCH/kafka-broker.log" 2>&1 &
  PIDS+=($!)
  PORT_OF[kafka-broker]=$port
  PID_OF[kafka-broker]=$!
  await 120 listens "$port" || {
    tail -20 "$SCRATCH/kafka-broker.log" >&2
    exit 1
  }
}

kafka_java() {
  "$(java_home)/bin/java" --enable-native-access=ALL-UNNAMED "-Djava.io.tmpdir=$SCRATCH" \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$ROOT/target/kafka/lib/*" "$@"
}

listens() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}
