use super::cron;

#[test]
fn usual_expressions_are_said_as_people_say_them() {
    for (text, said) in [
        ("30 2 * * *", "at 02:30 every day"),
        ("0 30 2 ? * MON-FRI", "at 02:30 on Monday to Friday"),
        ("0 30 2 ? * 2-6", "at 02:30 on Monday to Friday"),
        ("15,45 2 * * *", "at 02:15 and 02:45 every day"),
        ("* * * * *", "every minute"),
        ("* * * * * ?", "every second"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0/10 * * * * ?", "every 10 seconds"),
        ("0 * * * *", "every hour"),
        ("5 * * * *", "every hour at minute 5"),
        ("5 */4 * * *", "every 4 hours from 00:05"),
        ("*/15 9-17 * * MON-FRI", "every 15 minutes from 09:00 until 17:59 on Monday to Friday"),
        ("0 9-17 * * *", "every hour from 09:00 to 17:00 every day"),
        ("* 2 * * *", "every minute from 02:00 until 02:59 every day"),
        ("0 0 1 * *", "at 00:00 on the 1st"),
        ("0 0 1,15 * *", "at 00:00 on the 1st and 15th"),
        ("0 0 0 L * ?", "at 00:00 on the last day of the month"),
        ("0 0 0 L-1 * ?", "at 00:00 on the day before the last day of the month"),
        ("0 0 0 L-3 * ?", "at 00:00 on the day 3 days before the last day of the month"),
        ("0 0 0 LW * ?", "at 00:00 on the last workday of the month"),
        ("0 0 0 15W * ?", "at 00:00 on the workday nearest to the 15th"),
        ("0 15 10 ? * 6#3", "at 10:15 on the third Friday of the month"),
        ("0 15 10 ? * 6L", "at 10:15 on the last Friday of the month"),
        ("0 0 0 ? * L", "at 00:00 on Saturday"),
        ("0 0 * * SAT,SUN", "at 00:00 on Saturday and Sunday"),
        ("0 0 1 JAN,JUL *", "at 00:00 on the 1st in January and July"),
        ("0 0 12 1 6-8 ? 2027", "at 12:00 on the 1st in June to August in 2027"),
        ("0 0 12 1 1 ? 2027-2030", "at 12:00 on the 1st in January in 2027 to 2030"),
        ("0 0 13 * FRI", "at 00:00 on the 13th and also on Friday"),
        (
            "0 0 */2 * FRI",
            "at 00:00 on the 1st, 3rd, 5th, 7th, 9th, 11th, 13th, 15th, 17th, 19th, 21st, 23rd, 25th, 27th, 29th and 31st when that is Friday",
        ),
        ("@daily", "at 00:00 every day"),
        ("@hourly", "every hour"),
    ] {
        assert_eq!(cron(text).describe(), said, "{text}");
    }
}

#[test]
fn others_are_said_field_by_field() {
    for (text, said) in [
        ("1-20 3,5 * * *", "at minutes 1 to 20 of hours 3 and 5 every day"),
        ("*/7 * * * *", "at every 7 minutes of every hour"),
        ("1-5 * 3 * * ?", "at seconds 1 to 5, every minute of hour 3 every day"),
    ] {
        assert_eq!(cron(text).describe(), said, "{text}");
    }
}
