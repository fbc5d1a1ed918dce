"""InfluxDB-Python, as its examples use it: python3 influxdb_v1.py PORT TOKEN

Takes the commands of JavaClients.java on standard input, and answers them likewise.
"""
import sys

from influxdb import InfluxDBClient

client = InfluxDBClient("127.0.0.1", int(sys.argv[1]), "any", sys.argv[2], "sensors", retries=1)


def point(value, **tags):
    return {"measurement": "temp", "tags": tags, "fields": {"value": value}}


def answer(what, device, value=None):
    if what == "examples":
        if not client.ping():
            return "the ping failed"
        client.create_database("sensors")
        if {"name": "sluice"} not in client.get_list_database():
            return "no database"
        points = [point(1.5, host=device)]
    elif what == "partial":
        points = [point(2.5, host=device), point(3.5)]
    else:
        points = [point(float(value), host=device)]
    return "kept" if client.write_points(points) else "not kept"


for line in sys.stdin:
    try:
        said = answer(*line.split())
    except Exception as e:  # whatever the client makes of it is the answer
        said = repr(e)
    print(" ".join(said.split()), flush=True)
