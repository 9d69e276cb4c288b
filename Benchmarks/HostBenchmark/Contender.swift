/// Who moves the questions.
enum Contender: String, CaseIterable {
    /// A Python process a function, as the original has it.
    case pika
    /// A C process a function, which does nothing but move.
    case relay
    /// One host with all functions.
    case sluice

    /// What a function's worker in Python is: the client's own way to lose nothing.
    ///
    /// Arguments: from, to, prefetch. The broker's URL is in `AMQP_URL`.
    static let pikaWorker = """
        import json, os, pika, sys

        source, target, prefetch = sys.argv[1], sys.argv[2], int(sys.argv[3])
        channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
        channel.confirm_delivery()
        channel.basic_qos(prefetch_count=prefetch)

        def work(channel, method, properties, body):
            question = json.loads(body)
            channel.basic_publish("", target, json.dumps(question).encode(), properties, mandatory=True)
            channel.basic_ack(method.delivery_tag)

        channel.basic_consume(source, work)
        channel.start_consuming()
        """
}
